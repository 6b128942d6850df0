/** `surprisal graphs`: data sets of graphs whose vertices have no names. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isatty } from 'node:tty';
import { zipSync } from 'fflate';
import { GRAPH_FORMATS, type GraphFormat, readGraphs, writeGraphs } from '../formats/graph-files.ts';
import {
  compressGraphs,
  decompressGraphs,
  type GraphForm,
  type GraphModelName,
  type GraphSet,
  type GraphsInfo,
} from '../formats/graphs.ts';
import { DEFAULT_MAX_MEMORY } from '../formats/options.ts';
import { explain } from './archive.ts';
import { attributesOf, type OutputOptions, type Result, SUFFIX } from './compress.ts';
import type { Context } from './context.ts';
import type { ReadOptions } from './decompress.ts';
import { CliError, shown } from './messages.ts';
import { openSource, type Source } from './source.ts';
import { openTarget, removeOriginal, standardOutput, type Target } from './target.ts';

export interface GraphsCommandOptions extends OutputOptions {
  format?: GraphFormat;
  directed?: boolean;
  model?: GraphModelName;
  form?: Exclude<GraphForm, 'ordered'>;
  ordered?: boolean;
  rounds?: number;
  name: boolean;
}

export interface GraphsDecompressOptions extends OutputOptions, ReadOptions {
  format?: GraphFormat;
}

/** An archive of graphs, as `--json` tells it. Bits are those of all graphs together. */
export interface GraphsFacts extends Omit<GraphsInfo, 'vertexLabels' | 'edgeLabels' | 'graphLabels'> {
  vertexLabels: number | null;
  edgeLabels: number | null;
  graphLabels: number | null;
  /** Bits of the whole archive, and an edge. */
  archiveBits: number;
  bitsPerEdge: { ordered: number; graphs: number; stream: number; archive: number } | null;
}

export interface GraphsResult extends Result, GraphsFacts {
  /** How the decoded graphs were compared with those that went in. */
  isomorphic?: { proven: number; hashed: number };
  /** Bits of the streams that were tried. */
  tried?: Record<string, number>;
}

/** What was found in an archive. */
export interface GraphsInfoResult extends GraphsFacts {
  file: string;
  coded: number;
  barShown: boolean;
}

function factsOf(info: GraphsInfo, coded: number): GraphsFacts {
  const { graphs, vertices, edges, directed, loops, sizes, model, form, bits, orderedBits } = info;
  const each = (all: number): number => Number((all / edges).toFixed(4));
  return {
    graphs,
    vertices,
    edges,
    directed,
    loops,
    vertexLabels: info.vertexLabels ?? null,
    edgeLabels: info.edgeLabels ?? null,
    graphLabels: info.graphLabels ?? null,
    sizes,
    model,
    form,
    bits: {
      parameters: Math.round(bits.parameters),
      sizes: Math.round(bits.sizes),
      graphs: Math.round(bits.graphs),
      graphLabels: Math.round(bits.graphLabels),
      initial: bits.initial,
      stream: bits.stream,
    },
    orderedBits: Math.round(orderedBits),
    archiveBits: 8 * coded,
    bitsPerEdge:
      edges === 0
        ? null
        : {
            ordered: each(orderedBits),
            graphs: each(bits.graphs),
            stream: each(bits.stream),
            archive: each(8 * coded),
          },
  };
}

/** Faults of the library that are about the input and not about its use. */
function explained(error: unknown, maxMemory: number): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'invalid-argument' || code === 'invalid-type') return new CliError('graphs', message);
  if (code === 'limit' && !/memory|--|maxOutputSize/i.test(message)) return new CliError('limit', message);
  return explain(error, new Uint8Array(0), maxMemory);
}

export async function compressGraphsFile(
  path: string,
  options: GraphsCommandOptions,
  context: Context,
): Promise<GraphsResult> {
  const began = performance.now();
  const toStdout = options.stdout === true || (path === '-' && options.output === undefined);
  if (path !== '-' && path.toLowerCase().endsWith(SUFFIX) && !options.force)
    throw new CliError('has-suffix', `already has the suffix ${SUFFIX}`, 'Use -f to compress it all the same.');
  if (toStdout && isatty(1) && !options.force)
    throw new CliError(
      'terminal',
      'compressed data is not written to a terminal',
      'Name a file with -o or redirect the output; -f forces it.',
    );
  const folder = path !== '-' && (await stat(path)).isDirectory();
  if (folder && options.rm) throw new CliError('is-directory', 'is a directory, which --rm does not remove');
  const elsewhere = toStdout || options.output !== undefined;
  const source = folder
    ? undefined
    : await openSource(path, {
        links: options.force === true || elsewhere,
        special: elsewhere,
        single: options.rm === true && !options.force,
      });
  let target: Target | undefined;
  const abort = new AbortController();
  const name = source?.name ?? path;
  let [done, total] = [0, 1];
  const bar = context.startBar(name, () => ({ raw: done, coded: 0, ratioRaw: 0, done, total }));
  try {
    const output = options.output ?? path.replace(/\/+$/, '') + SUFFIX;
    target = toStdout ? standardOutput() : await openTarget(output, options.force === true, source?.stats);
    const files = source === undefined ? await folderOf(path) : new Map([[basename(name), await contentOf(source)]]);
    let raw = 0;
    const hash = createHash('sha256');
    for (const bytes of files.values()) {
      raw += bytes.length;
      hash.update(bytes);
    }
    const found = await compressGraphs(readGraphs(files, options), {
      model: options.model,
      form: options.form,
      ordered: options.ordered,
      rounds: options.rounds,
      maxMemory: options.memory,
      name: options.name && path !== '-' ? basename(path) : undefined,
      mtime: options.name && source?.stats !== undefined ? Math.floor(source.stats.mtimeMs) : undefined,
      signal: abort.signal,
      progress: (now) => {
        done = Math.floor((raw * now.done) / now.total!);
        total = raw;
      },
    });
    if (source !== undefined && !(await source.unchanged()))
      throw new CliError('changed', 'changed while it was being read, so nothing was written', 'Try again.');
    await target.write(found.archive);
    await target.commit(source === undefined ? {} : attributesOf(source));
    if (options.rm && source !== undefined) await removeOriginal(source);
    return {
      file: name,
      output: target.name,
      raw,
      coded: found.archive.length,
      seconds: (performance.now() - began) / 1000,
      sha256: hash.digest('hex'),
      verified: true,
      isomorphic: { proven: found.verified.proven, hashed: found.verified.hashed },
      tried: { ...found.tried },
      ...factsOf(found, found.archive.length),
      barShown: bar.drawn,
    };
  } catch (error) {
    abort.abort(error);
    await target?.abandon();
    throw explained(error, options.memory ?? DEFAULT_MAX_MEMORY);
  } finally {
    bar.stop();
    await source?.close();
  }
}

/** The text files of a folder, which is a TU data set. */
async function folderOf(path: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.txt')).map((entry) => entry.name);
  if (names.filter((name) => name.endsWith('_A.txt')).length !== 1)
    throw new CliError('graphs', 'a folder of graphs is one TU data set, with one file NAME_A.txt');
  for (const name of names.sort()) files.set(name, new Uint8Array(await readFile(join(path, name))));
  return files;
}

/** All bytes of the input: graphs are coded all together. */
async function contentOf(source: Source): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of source.chunks()) pieces.push(chunk.slice());
  const whole = Buffer.concat(pieces);
  return new Uint8Array(whole.buffer, whole.byteOffset, whole.length);
}

const EXTENSIONS: Record<GraphFormat, RegExp> = {
  graphml: /\.(graphml|xml)$/i,
  edges: /\.(txt|csv|tsv|edges|edgelist|el)$/i,
  tu: /\.zip$/i,
};
const DEFAULT_EXTENSIONS: Record<GraphFormat, string> = { graphml: '.graphml', edges: '.txt', tu: '.zip' };

/** Where the result goes and in which format: as the options say, or as the name does. */
function place(path: string, options: GraphsDecompressOptions): { name: string | undefined; format: GraphFormat } {
  const toStdout = options.stdout === true || (path === '-' && options.output === undefined);
  let name = options.output;
  if (!toStdout && name === undefined) {
    name = path.toLowerCase().endsWith(SUFFIX) ? path.slice(0, -SUFFIX.length) : '';
    if (name === '' || name.endsWith('/'))
      throw new CliError('unknown-suffix', `its name does not end in ${SUFFIX}`, 'Name the result with -o, or use -c.');
  }
  const seen = GRAPH_FORMATS.find((format) => name !== undefined && EXTENSIONS[format].test(name));
  const format = options.format ?? seen ?? 'graphml';
  if (name !== undefined && options.output === undefined && seen !== format) name += DEFAULT_EXTENSIONS[format];
  return { name: toStdout ? undefined : name, format };
}

function written(set: GraphSet, format: GraphFormat, name: string): Uint8Array {
  const files = writeGraphs(set, format, name);
  if (format !== 'tu') return [...files.values()][0];
  // A time of its own would make every zip another one.
  return zipSync(Object.fromEntries(files), { mtime: new Date(1980, 0, 1) });
}

async function decoded(
  path: string,
  source: Source,
  options: ReadOptions,
  context: Context,
): Promise<{ found: Awaited<ReturnType<typeof decompressGraphs>>; coded: number; barShown: boolean }> {
  const maxMemory = options.memory ?? DEFAULT_MAX_MEMORY;
  const bar = context.startBar(source.name, () => ({ raw: 0, coded: 0, ratioRaw: 0, done: 0, total: source.size }));
  let archive = new Uint8Array(0);
  try {
    archive = new Uint8Array(await contentOf(source));
    const found = await decompressGraphs(archive, {
      maxMemory,
      maxOutputSize: options.maxOutput ?? Number.POSITIVE_INFINITY,
    });
    return { found, coded: archive.length, barShown: bar.drawn };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'unsupported' && /holds no graphs/.test((error as Error).message))
      throw new CliError('unsupported', 'holds no graphs', `Use 'surprisal decompress ${shown(path)}'.`);
    throw explain(error, archive.subarray(0, 512), maxMemory);
  } finally {
    bar.stop();
  }
}

export async function decompressGraphsFile(
  path: string,
  options: GraphsDecompressOptions,
  context: Context,
): Promise<GraphsResult> {
  const began = performance.now();
  const { name, format } = place(path, options);
  const elsewhere = name === undefined || options.output !== undefined;
  const source = await openSource(path, {
    links: options.force === true || elsewhere,
    special: elsewhere,
    single: options.rm === true && !options.force,
  });
  let target: Target | undefined;
  try {
    target = name === undefined ? standardOutput() : await openTarget(name, options.force === true, source.stats);
    const { found, coded, barShown } = await decoded(path, source, options, context);
    let bytes: Uint8Array;
    try {
      bytes = written(found.set, format, basename(name ?? 'graphs').replace(/\.\w+$/, ''));
    } catch (error) {
      throw explained(error, DEFAULT_MAX_MEMORY);
    }
    await target.write(bytes);
    await target.commit(attributesOf(source));
    if (options.rm) await removeOriginal(source);
    return {
      file: source.name,
      output: target.name,
      raw: bytes.length,
      coded,
      seconds: (performance.now() - began) / 1000,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      ...factsOf(found, coded),
      barShown,
    };
  } catch (error) {
    await target?.abandon();
    throw error;
  } finally {
    await source.close();
  }
}

export async function graphsInfo(path: string, options: ReadOptions, context: Context): Promise<GraphsInfoResult> {
  const source = await openSource(path, { links: true, special: true, single: false });
  try {
    const { found, coded, barShown } = await decoded(path, source, options, context);
    return { file: source.name, coded, ...factsOf(found, coded), barShown };
  } finally {
    await source.close();
  }
}

const MODELS: Record<GraphModelName, string> = {
  er: 'Erdős–Rényi',
  polya: "Pólya's urn",
  ap: 'autoregressive Pólya',
};

/** What is in an archive, in lines. */
export function graphsLines(facts: GraphsFacts & Pick<GraphsResult, 'isomorphic' | 'tried'>): string[] {
  const { graphs, vertices, edges, bits, bitsPerEdge, model, form } = facts;
  const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  const labels = (['vertexLabels', 'edgeLabels', 'graphLabels'] as const)
    .filter((what) => facts[what] !== null)
    .map((what) => `${facts[what]} ${what.replace('Labels', '')} label${facts[what] === 1 ? '' : 's'}`);
  const counts = [plural(graphs, 'graph'), vertices === 1 ? '1 vertex' : `${vertices} vertices`, plural(edges, 'edge')];
  const kinds = [...(facts.directed ? ['directed'] : []), ...(facts.loops ? ['with loops'] : [])];
  const lines = [
    `${[...counts, ...labels, ...kinds].join(', ')}; ${MODELS[model]} (${model}), ${form}`,
    `bits: graphs ${bits.graphs} (with names of vertices ${facts.orderedBits}), sizes ${bits.sizes}, ` +
      `graph labels ${bits.graphLabels}, parameters ${bits.parameters}, initial ${bits.initial}; archive ${facts.archiveBits}`,
  ];
  if (bitsPerEdge !== null) {
    const { ordered, graphs: own, stream, archive } = bitsPerEdge;
    lines.push(
      `bits an edge: graphs ${own.toFixed(3)} (with names of vertices ${ordered.toFixed(3)}), ` +
        `stream ${stream.toFixed(3)}, archive ${archive.toFixed(3)}`,
    );
  }
  if (facts.isomorphic !== undefined) {
    const { proven, hashed } = facts.isomorphic;
    const ways = [
      ...(proven > 0 ? [`${proven} by canonical forms`] : []),
      ...(hashed > 0 ? [`${hashed} by hashes of colours, which is no proof`] : []),
    ];
    lines.push(`decoded and found isomorphic: ${ways.join(', ')}`);
  }
  if (facts.tried !== undefined && Object.keys(facts.tried).length > 1)
    lines.push(
      `tried: ${Object.entries(facts.tried)
        .map(([title, n]) => `${title} ${n} bits`)
        .join(', ')}`,
    );
  return lines;
}
