/** `surprisal records compress`: a file whose records have no order; two ways are tried and the smaller is written. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { isatty } from 'node:tty';
import { DEFAULT_MAX_MEMORY, type Level } from '../formats/options.ts';
import { type CompressedRecords, compressRecords, equalRecords, type SplitOptions } from '../formats/records.ts';
import { explain } from './archive.ts';
import { attributesOf, type OutputOptions, type Result, SUFFIX } from './compress.ts';
import type { Context } from './context.ts';
import { CliError } from './messages.ts';
import { formatSize } from './sizes.ts';
import { openSource, type Source } from './source.ts';
import { openTarget, removeOriginal, standardOutput, type Target } from './target.ts';

export interface RecordsCommandOptions extends OutputOptions {
  /** JSON lines are lines: the name is there for those who look for it. */
  type?: 'lines' | 'jsonl' | 'csv';
  /** Bytes of a record. */
  size?: number;
  /** Whether the first row of CSV stays the first. */
  header: boolean;
  level: Level;
  verify: boolean;
  name: boolean;
}

/** What was done, and what the two ways take. Sizes are whole archives, in bytes. */
export interface RecordsResult extends Result {
  records: number;
  coding: CompressedRecords['coding'];
  sizes: {
    sorted: number;
    /** null where no multiset was tried. */
    multiset: number | null;
    /** With the order kept: only where it was asked for with -v. */
    kept?: number;
  };
  /** Model of the multiset, or why none was tried. */
  model: string | null;
  reason: string | null;
  /** Bytes that an order of these records takes, log2(n! / (m1! m2! ...)) / 8. */
  order: number;
}

/** How the file is divided: as the options say, or as its name does. */
function splitOptions(path: string, { type, size, header }: RecordsCommandOptions): SplitOptions {
  if (size !== undefined) {
    if (type !== undefined) throw new CliError('usage', '--size and --type exclude each other');
    return { layout: 'fixed', size };
  }
  const csv = type === undefined ? path.toLowerCase().endsWith('.csv') : type === 'csv';
  return csv ? { layout: 'csv', header } : { layout: 'lines' };
}

export async function compressRecordsFile(
  path: string,
  options: RecordsCommandOptions,
  context: Context,
): Promise<RecordsResult> {
  const toStdout = options.stdout === true || (path === '-' && options.output === undefined);
  const split = splitOptions(path, options);
  if (path !== '-' && path.toLowerCase().endsWith(SUFFIX) && !options.force)
    throw new CliError('has-suffix', `already has the suffix ${SUFFIX}`, 'Use -f to compress it all the same.');
  if (toStdout && isatty(1) && !options.force)
    throw new CliError(
      'terminal',
      'compressed data is not written to a terminal',
      'Name a file with -o or redirect the output; -f forces it.',
    );
  const elsewhere = toStdout || options.output !== undefined;
  const source = await openSource(path, {
    links: options.force === true || elsewhere,
    special: elsewhere,
    single: options.rm === true && !options.force,
  });
  let target: Target | undefined;
  try {
    target = toStdout
      ? standardOutput()
      : await openTarget(options.output ?? path + SUFFIX, options.force === true, source.stats);
    return await run(source, target, split, options, context);
  } catch (error) {
    await target?.abandon();
    throw error;
  } finally {
    await source.close();
  }
}

async function run(
  source: Source,
  target: Target,
  split: SplitOptions,
  options: RecordsCommandOptions,
  context: Context,
): Promise<RecordsResult> {
  const began = performance.now();
  const abort = new AbortController();
  let total = source.size;
  let done = 0;
  const bar = context.startBar(source.name, () => ({ raw: done, coded: 0, ratioRaw: 0, done, total }));
  try {
    const raw = await contentOf(source);
    total = raw.length;
    const steps = 2 + (options.verify ? 1 : 0);
    const { level, memory: maxMemory } = options;
    const { signal } = abort;
    // The pool's thread codes the sorted records while this one codes the multiset.
    const pool = context.encoder();
    const found = await compressRecords(raw, {
      ...split,
      level,
      maxMemory,
      name: options.name && source.path !== undefined ? basename(source.path) : undefined,
      mtime: options.name && source.stats !== undefined ? Math.floor(source.stats.mtimeMs) : undefined,
      signal,
      compress: (bytes, how) => pool.compress(bytes, how),
      progress: (now) => {
        done = Math.floor(now.done / steps);
      },
    });
    const { archive, coding, sorted, multiset, model, reason, records, order } = found;
    if (options.verify) {
      const restored = await decoded(archive, context, maxMemory, signal);
      if (!equalRecords(raw, restored, split))
        throw new CliError(
          'verify-failed',
          'the compressed data does not decompress to the same records, so nothing was written',
          'Bad memory in this machine can cause this; if it comes again, please report it with the file.',
        );
    }
    const kept = options.verbose
      ? (await pool.compress(raw, { level, maxMemory: Number.POSITIVE_INFINITY, signal })).length
      : undefined;
    if (!(await source.unchanged()))
      throw new CliError('changed', 'changed while it was being read, so nothing was written', 'Try again.');
    await target.write(archive);
    await target.commit(attributesOf(source));
    if (options.rm) await removeOriginal(source);
    return {
      file: source.name,
      output: target.name,
      raw: raw.length,
      coded: target.written,
      seconds: (performance.now() - began) / 1000,
      sha256: createHash('sha256').update(raw).digest('hex'),
      verified: options.verify,
      records,
      coding,
      sizes: { sorted, multiset: multiset ?? null, ...(kept === undefined ? {} : { kept }) },
      model: model ?? null,
      reason: reason ?? null,
      order: Math.round(order),
      barShown: bar.drawn,
    };
  } catch (error) {
    abort.abort(error);
    await context.stop();
    throw explain(error, new Uint8Array(0), options.memory ?? DEFAULT_MAX_MEMORY);
  } finally {
    bar.stop();
  }
}

/** All bytes of the input: records without an order are coded all together. */
async function contentOf(source: Source): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of source.chunks()) pieces.push(chunk.slice());
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces.splice(0)) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** What the archive decodes to, on the other pool's thread. */
async function decoded(
  archive: Uint8Array,
  context: Context,
  maxMemory: number | undefined,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of context.decoder().decompressChunks([archive], { maxMemory, signal })) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** `sorted (multiset would take 1.2 KiB)` and so on, for the line of -v. */
export function recordsLine({ records, coding, sizes, model, reason, order }: RecordsResult): string {
  const multiset =
    sizes.multiset === null ? `no multiset tried: ${reason}` : `multiset (${model}) ${formatSize(sizes.multiset)}`;
  const parts = [
    `${records} records as a ${coding === 'sorted' ? 'sorted file' : 'multiset'}`,
    `sorted ${formatSize(sizes.sorted)}`,
    multiset,
  ];
  if (sizes.kept !== undefined) parts.push(`with their order ${formatSize(sizes.kept)}`);
  parts.push(`an order alone ${formatSize(order)}`);
  return parts.join('; ');
}
