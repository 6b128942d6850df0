/** Files of graphs: which format they are in, reading and writing them. Edge lists, TU data sets, GraphML. */
import { unzipSync } from 'fflate';
import { rangeError, typeError } from '../errors.ts';
import { parseEdgeList, writeEdgeList } from './graph-edges.ts';
import type { GraphSet } from './graph-set.ts';
import { parseTu, tuName, writeTu } from './graph-tu.ts';
import { parseGraphMl } from './graphml-read.ts';
import { writeGraphMl } from './graphml-write.ts';

export { type EdgeListOptions, parseEdgeList, writeEdgeList } from './graph-edges.ts';
export { parseTu, type TuOptions, writeTu } from './graph-tu.ts';
export { type GraphMlOptions, parseGraphMl } from './graphml-read.ts';
export { writeGraphMl } from './graphml-write.ts';

/** Formats of files of graphs. */
export const GRAPH_FORMATS = ['edges', 'tu', 'graphml'] as const;
/** A format of files of graphs. */
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

/** How files are read. */
export interface ReadGraphsOptions {
  /** Default: what the files look like. */
  readonly format?: GraphFormat;
  /** Whether edges have a direction, where the format does not say. Default false. */
  readonly directed?: boolean;
}

/** Most bytes that a zip may unpack to. */
const MAX_UNZIPPED = 2 ** 28;

/** Whether bytes begin as a zip does. */
function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw Object.assign(rangeError(`${file}: no text in UTF-8`), { cause });
  }
}

function unzipped(bytes: Uint8Array, file: string): Map<string, Uint8Array> {
  let left = MAX_UNZIPPED;
  let found: Record<string, Uint8Array>;
  try {
    found = unzipSync(bytes, {
      filter({ name, originalSize }) {
        if (name.endsWith('/')) return false;
        left -= originalSize;
        if (left < 0) throw rangeError(`${file}: unpacks to more than ${MAX_UNZIPPED} bytes`);
        return true;
      },
    });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'invalid-argument') throw error;
    throw Object.assign(rangeError(`${file}: a zip that cannot be unpacked`), { cause: error });
  }
  return new Map(Object.entries(found).map(([path, content]) => [path.replace(/^.*\//s, ''), content]));
}

/**
 * Reads a data set of graphs from its files: one edge list, GraphML document or zip of a TU data set, or the files of a
 * TU data set.
 *
 * @param files - Contents by name, without folders.
 * @throws RangeError (`invalid-argument`) with file and line for what cannot be read, or cannot be held and must not be
 *   dropped.
 * @example
 * readGraphs(new Map([['path.txt', new TextEncoder().encode('0 1\n1 2\n')]])).graphs[0].edges; // 2
 */
export function readGraphs(
  files: ReadonlyMap<string, Uint8Array>,
  { format, directed = false }: ReadGraphsOptions = {},
): GraphSet {
  if (!(files instanceof Map)) throw typeError('files are a Map of contents by name');
  if (format !== undefined && !GRAPH_FORMATS.includes(format))
    throw rangeError(`the format is edges, tu or graphml, not '${format}'`);
  let all: ReadonlyMap<string, Uint8Array> = files;
  if (all.size === 1) {
    const [[name, bytes]] = all;
    if (isZip(bytes)) all = unzipped(bytes, name);
  }
  const name = tuName(all.keys());
  if (format === 'tu' || (format === undefined && name !== undefined)) {
    const own = [...all].filter(([file]) => name !== undefined && file.startsWith(`${name}_`) && file.endsWith('.txt'));
    return parseTu(new Map(own.map(([file, bytes]) => [file, textOf(bytes, file)])), { directed });
  }
  if (all.size !== 1)
    throw rangeError(`one file of graphs is wanted, or a TU data set with NAME_A.txt, not ${all.size} files`);
  const [[file, bytes]] = all;
  const text = textOf(bytes, file);
  if (format === 'graphml' || (format === undefined && /^\uFEFF?\s*</.test(text))) {
    if (directed) throw rangeError(`${file}: GraphML says itself whether it is directed`);
    return parseGraphMl(text, { file });
  }
  return parseEdgeList(text.replace(/^\uFEFF/, ''), { directed, file });
}

/**
 * Writes a data set in a format: one file, or those of a TU data set.
 *
 * @param name - What a TU data set is called.
 * @throws RangeError (`invalid-argument`) for what the format cannot say.
 */
export function writeGraphs(set: GraphSet, format: GraphFormat, name = 'graphs'): Map<string, Uint8Array> {
  const encoder = new TextEncoder();
  switch (format) {
    case 'graphml':
      return new Map([[`${name}.graphml`, writeGraphMl(set)]]);
    case 'edges':
      return new Map([[`${name}.txt`, encoder.encode(writeEdgeList(set))]]);
    case 'tu':
      return new Map([...writeTu(set, name)].map(([file, text]) => [file, encoder.encode(text)]));
    default:
      throw rangeError(`the format is edges, tu or graphml, not '${String(format)}'`);
  }
}
