/** `surprisal decompress` and `surprisal test`: every block is verified before it is put out. */
import { createHash } from 'node:crypto';
import { isatty } from 'node:tty';
import { list, recover } from '../formats/archive.ts';
import { DEFAULT_MAX_MEMORY, type DecompressOptions, type Progress } from '../formats/options.ts';
import { explain, HEAD, notAnArchive, plain, randomAccess } from './archive.ts';
import { attributesOf, type OutputOptions, type Result, SUFFIX } from './compress.ts';
import type { CommonOptions, Context } from './context.ts';
import { release } from './flow.ts';
import { CliError } from './messages.ts';
import { openSource, type Source } from './source.ts';
import { type Attributes, openTarget, removeOriginal, standardOutput, type Target } from './target.ts';

/** Options that bound what an archive from outside may take. */
export interface ReadOptions extends CommonOptions {
  maxOutput?: number;
}

export interface DecompressCommandOptions extends OutputOptions, ReadOptions {
  recover?: boolean;
}

function limits(options: ReadOptions): { maxMemory: number; maxOutputSize: number } {
  return {
    maxMemory: options.memory ?? DEFAULT_MAX_MEMORY,
    maxOutputSize: options.maxOutput ?? Number.POSITIVE_INFINITY,
  };
}

/** The name of the result: the archive's without its suffix. A name stored in the archive is never used. */
function outputName(path: string): string {
  const stem = path.toLowerCase().endsWith(SUFFIX) ? path.slice(0, -SUFFIX.length) : '';
  if (stem === '' || stem.endsWith('/'))
    throw new CliError('unknown-suffix', `its name does not end in ${SUFFIX}`, 'Name the result with -o, or use -c.');
  return stem;
}

export async function decompressFile(
  path: string,
  options: DecompressCommandOptions,
  context: Context,
): Promise<Result> {
  const toStdout = options.stdout === true || (path === '-' && options.output === undefined);
  const name = toStdout ? undefined : (options.output ?? outputName(path));
  const elsewhere = toStdout || options.output !== undefined;
  refuseTerminal(path);
  const source = await openSource(path, {
    links: options.force === true || elsewhere,
    special: elsewhere,
    single: options.rm === true && !options.force,
  });
  let target: Target | undefined;
  try {
    target = name === undefined ? standardOutput() : await openTarget(name, options.force === true, source.stats);
    const result = options.recover
      ? await salvage(source, target, options, context)
      : await decode(source, target, options, context);
    if (options.rm && result.lost === undefined) await removeOriginal(source);
    return result;
  } catch (error) {
    await target?.abandon();
    throw error;
  } finally {
    await source.close();
  }
}

function refuseTerminal(path: string): void {
  if (path === '-' && isatty(0))
    throw new CliError('terminal', 'compressed data is not read from a terminal', 'Name a file, or pipe one in.');
}

/** Runs an archive through the decoder, handing on its raw bytes in order. */
async function pump(
  source: Source,
  options: ReadOptions,
  context: Context,
  sink: (bytes: Uint8Array) => Promise<void>,
): Promise<{ raw: number; sha256: string; seconds: number; barShown: boolean }> {
  const began = performance.now();
  const abort = new AbortController();
  const hash = createHash('sha256');
  let head = new Uint8Array(0);
  let raw = 0;
  let consumed = 0;
  let progress: Progress = { done: 0 };
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of source.chunks()) {
      if (head.length < HEAD) {
        const more = chunk.subarray(0, HEAD - head.length);
        const joined = new Uint8Array(head.length + more.length);
        joined.set(head);
        joined.set(more, head.length);
        head = joined;
      }
      yield chunk;
    }
    if (head.length === 0) throw notAnArchive(head);
  }
  const bar = context.startBar(source.name, () => ({
    raw: progress.done,
    coded: consumed,
    ratioRaw: raw,
    done: progress.total === undefined ? source.position : progress.done,
    total: progress.total ?? source.size,
  }));
  const { maxMemory, maxOutputSize } = limits(options);
  try {
    const job: DecompressOptions = {
      maxMemory,
      maxOutputSize,
      signal: abort.signal,
      progress: (now) => {
        progress = now;
      },
    };
    for await (const piece of context.decoder().decompressChunks(chunks(), job)) {
      hash.update(piece);
      raw += piece.length;
      consumed = source.position;
      await sink(piece);
      release(piece);
    }
    return {
      raw,
      sha256: hash.digest('hex'),
      seconds: (performance.now() - began) / 1000,
      barShown: bar.drawn,
    };
  } catch (error) {
    abort.abort(error);
    await context.stop();
    throw explain(error, head, maxMemory);
  } finally {
    bar.stop();
  }
}

async function decode(
  source: Source,
  target: Target,
  options: DecompressCommandOptions,
  context: Context,
): Promise<Result> {
  const { raw, sha256, seconds, barShown } = await pump(source, options, context, (bytes) => target.write(bytes));
  await target.commit(await restored(source));
  return { file: source.name, output: target.name, raw, coded: source.position, seconds, sha256, barShown };
}

/** Mode and times of the archive's file, and the original's time where the archive keeps it. */
async function restored(source: Source): Promise<Attributes> {
  const attributes: Attributes = attributesOf(source);
  if (source.size === undefined) return attributes;
  const listing = await list({ size: source.size, read: (offset, length) => source.readAt(offset, length) });
  const stored = listing.members[0]?.header.mtime;
  return stored === undefined ? attributes : { ...attributes, mtime: stored };
}

/** What `--recover` does: puts out what is certain, at its place, and says what is not. */
async function salvage(
  source: Source,
  target: Target,
  options: DecompressCommandOptions,
  context: Context,
): Promise<Result> {
  const began = performance.now();
  const hash = createHash('sha256');
  const { maxMemory, maxOutputSize } = limits(options);
  const access = await randomAccess(source);
  const lost: NonNullable<Result['lost']> = [];
  let saved = 0;
  let progress: Progress = { done: 0 };
  let member = 0;
  /** Where the current member begins in the output. */
  let base = 0;
  const bar = context.startBar(source.name, () => ({
    raw: saved,
    coded: access.source.size,
    ratioRaw: 0,
    done: progress.total === undefined ? 0 : progress.done,
    total: progress.total,
  }));
  const reach = async (n: number, position: number) => {
    if (n !== member) {
      member = n;
      base = target.written;
    }
    const gap = base + position - target.written;
    if (gap <= 0) return;
    if (target.written + gap > maxOutputSize)
      throw new CliError('limit', `more than ${maxOutputSize} bytes of output`, 'Allow more with --max-output SIZE.');
    await target.skip(gap);
  };
  try {
    for await (const piece of recover(access.source, {
      maxMemory,
      maxOutputSize,
      progress: (now) => {
        progress = now;
      },
    })) {
      if (piece.type === 'data') {
        await reach(piece.member, piece.rawOffset);
        await target.write(piece.bytes);
        hash.update(piece.bytes);
        saved += piece.bytes.length;
      } else {
        lost.push({ member: piece.member, from: piece.from, to: piece.to ?? null, reason: piece.reason });
        if (piece.to !== undefined) await reach(piece.member, piece.to);
      }
    }
    if (saved === 0 && lost.length > 0)
      throw new CliError('corrupt', `nothing in it is intact (${plain(lost[0].reason)})`);
    await target.commit(attributesOf(source));
    return {
      file: source.name,
      output: target.name,
      raw: saved,
      coded: access.source.size,
      seconds: (performance.now() - began) / 1000,
      sha256: hash.digest('hex'),
      lost: lost.length > 0 ? lost : undefined,
      barShown: bar.drawn,
    };
  } catch (error) {
    throw explain(error, access.head, maxMemory);
  } finally {
    bar.stop();
    await access.close();
  }
}

/** What `surprisal test` found out about an intact archive. */
export interface TestResult {
  file: string;
  raw: number;
  coded: number;
  seconds: number;
  /** SHA-256 of all raw bytes, in hex. */
  sha256: string;
  /** Members, segments and blocks checked; undefined for what came through a pipe. */
  members?: number;
  segments?: number;
  blocks?: number;
  barShown: boolean;
}

export async function testFile(path: string, options: ReadOptions, context: Context): Promise<TestResult> {
  refuseTerminal(path);
  const source = await openSource(path, { links: true, special: true, single: false });
  try {
    const { raw, sha256, seconds, barShown } = await pump(source, options, context, async () => {});
    const counts: Pick<TestResult, 'members' | 'segments' | 'blocks'> = {};
    if (source.size !== undefined) {
      const { members } = await list({
        size: source.size,
        read: (offset, length) => source.readAt(offset, length),
      });
      const segments = members.flatMap((member) => member.segments);
      counts.members = members.length;
      counts.segments = segments.length;
      counts.blocks = segments.reduce((sum, segment) => sum + segment.blocks.length, 0);
    }
    return { file: source.name, raw, coded: source.position, seconds, sha256, ...counts, barShown };
  } finally {
    await source.close();
  }
}
