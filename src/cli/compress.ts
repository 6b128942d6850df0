/** `surprisal compress`: one thread codes, another decodes what comes out and it is compared, while it is written. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { isatty } from 'node:tty';
import { DEFAULT_MAX_MEMORY, type EncodeOptions, type Level } from '../formats/options.ts';
import { explain } from './archive.ts';
import type { CommonOptions, Context } from './context.ts';
import { BoundedQueue, release } from './flow.ts';
import { CliError, describe } from './messages.ts';
import { openSource, type Source } from './source.ts';
import { openTarget, removeOriginal, standardOutput, type Target } from './target.ts';

export const SUFFIX = '.srp';

/** Options of both compress and decompress that say where the result goes. */
export interface OutputOptions extends CommonOptions {
  stdout?: boolean;
  output?: string;
  force?: boolean;
  keep?: boolean;
  rm?: boolean;
}

export interface CompressCommandOptions extends OutputOptions {
  level: Level;
  segment?: number;
  verify: boolean;
  sizeHint?: number;
  name: boolean;
}

/** What a job has done, as `--json` tells it. */
export interface Result {
  file: string;
  output: string;
  /** Raw bytes. */
  raw: number;
  /** Coded bytes. */
  coded: number;
  /** Seconds by the clock. */
  seconds: number;
  /** SHA-256 of the raw bytes, in hex. */
  sha256: string;
  /** Whether the result was decoded again and compared. */
  verified?: boolean;
  /** Ranges of raw bytes that `--recover` could not save. */
  lost?: { member: number; from: number; to: number | null; reason: string }[];
  /** Whether a bar was shown, so that a line should take its place. */
  barShown: boolean;
}

const NO_HEAD = new Uint8Array(0);
/** Coded bytes that may wait for the check: several blocks. */
const AHEAD = 4 << 20;

export async function compressFile(path: string, options: CompressCommandOptions, context: Context): Promise<Result> {
  const toStdout = options.stdout === true || (path === '-' && options.output === undefined);
  if (path !== '-' && path.toLowerCase().endsWith(SUFFIX) && !options.force)
    throw new CliError('has-suffix', `already has the suffix ${SUFFIX}`, 'Use -f to compress it all the same.');
  if (toStdout && isatty(1) && !options.force)
    throw new CliError(
      'terminal',
      'compressed data is not written to a terminal',
      'Name a file with -o or redirect the output; -f forces it.',
    );
  const elsewhere = toStdout || options.output !== undefined;
  const follow = options.force === true || elsewhere;
  const source = await openSource(path, {
    links: follow,
    special: elsewhere,
    single: options.rm === true && !options.force,
  });
  let target: Target | undefined;
  try {
    target = toStdout
      ? standardOutput()
      : await openTarget(options.output ?? path + SUFFIX, options.force === true, source.stats);
    return await run(source, target, options, context);
  } catch (error) {
    await target?.abandon();
    throw error;
  } finally {
    await source.close();
  }
}

async function run(source: Source, target: Target, options: CompressCommandOptions, context: Context): Promise<Result> {
  const began = performance.now();
  const abort = new AbortController();
  const rawHash = createHash('sha256');
  let coding = 0;
  let written = 0;
  let checked = 0;
  const bar = context.startBar(source.name, () => ({
    raw: coding,
    coded: target.written,
    ratioRaw: written,
    done: options.verify ? (coding + checked) / 2 : coding,
    total: source.size,
  }));
  const encodeOptions: EncodeOptions = {
    level: options.level,
    segmentSize: options.segment,
    size: source.size,
    sizeHint: source.size === undefined ? options.sizeHint : undefined,
    maxMemory: options.memory,
    name: options.name && source.path !== undefined ? basename(source.path) : undefined,
    mtime: options.name && source.stats !== undefined ? Math.floor(source.stats.mtimeMs) : undefined,
  };
  const check = options.verify ? startCheck(context, options, abort.signal, (done) => (checked = done)) : undefined;
  try {
    const pieces = context.encoder().compressChunks(hashed(source, rawHash), {
      ...encodeOptions,
      signal: abort.signal,
      progress: ({ done }) => {
        coding = done;
      },
    });
    for await (const piece of pieces) {
      await target.write(piece);
      // The ratio is that of whole blocks: pieces come at their ends.
      written = coding;
      if (check === undefined) release(piece);
      else await check.queue.push(piece);
    }
    check?.queue.end();
    const sha256 = rawHash.digest('hex');
    if (check !== undefined) {
      const result = await check.result;
      if (result.size !== source.position || result.sha256 !== sha256)
        throw checkFailed(`${source.position} bytes went in and ${result.size} others came out`);
    }
    if (!(await source.unchanged())) throw changed();
    await target.commit(source.stats ? attributesOf(source) : {});
    if (options.rm) await removeOriginal(source);
    return {
      file: source.name,
      output: target.name,
      raw: source.position,
      coded: target.written,
      seconds: (performance.now() - began) / 1000,
      sha256,
      verified: options.verify,
      barShown: bar.drawn,
    };
  } catch (error) {
    check?.queue.fail(error);
    abort.abort(error);
    check?.result.catch(() => {});
    await context.stop();
    throw explain(error, NO_HEAD, options.memory ?? DEFAULT_MAX_MEMORY);
  } finally {
    bar.stop();
  }
}

/** Mode and times of the original, for the result. */
export function attributesOf(source: Source) {
  const stats = source.stats;
  if (stats === undefined || !stats.isFile()) return {};
  return { mode: stats.mode, uid: stats.uid, gid: stats.gid, mtime: stats.mtimeMs, atime: stats.atimeMs };
}

function changed(): CliError {
  return new CliError(
    'changed',
    'changed while it was being read, so nothing was written',
    'Try again, or compress what can be read now: cat FILE | surprisal compress',
  );
}

async function* hashed(source: Source, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of source.chunks()) {
    if (source.size !== undefined && source.position > source.size) throw changed();
    hash.update(chunk);
    yield chunk;
  }
  if (source.size !== undefined && source.position !== source.size) throw changed();
}

function checkFailed(what: string, cause?: unknown): CliError {
  const error = new CliError(
    'verify-failed',
    `the compressed data does not decompress to the original (${what}), so nothing was written`,
    'Bad memory in this machine can cause this; if it comes again, please report it with the file.',
  );
  error.cause = cause;
  return error;
}

/** Decodes what is pushed into the queue, in a thread of its own. */
function startCheck(context: Context, options: CompressCommandOptions, signal: AbortSignal, done: (n: number) => void) {
  const queue = new BoundedQueue(AHEAD);
  const decode = async () => {
    const hash = createHash('sha256');
    let size = 0;
    try {
      const pieces = context.decoder().decompressChunks(queue, {
        maxMemory: options.memory,
        signal,
        progress: (progress) => done(progress.done),
      });
      for await (const piece of pieces) {
        hash.update(piece);
        size += piece.length;
        release(piece);
      }
    } catch (error) {
      const fault = signal.aborted ? error : checkFailed(describe(error).message, error);
      queue.fail(fault);
      throw fault;
    }
    return { size, sha256: hash.digest('hex') };
  };
  const result = decode();
  // Awaited later, or not at all when coding fails first.
  result.catch(() => {});
  return { queue, result };
}
