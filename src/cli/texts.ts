/** What the commands that use codecs as models have in common: texts to read, what is chosen from, and where it goes. */
import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import {
  allowed,
  both,
  type Constraint,
  compiled,
  longest,
  overBytes,
  printable,
  utf8Valid,
} from '../sampling/constraints.ts';
import { matching } from '../sampling/matching.ts';
import { type OpenCodec, openCodec } from '../sampling/named.ts';
import { bytes, type Tokens } from '../sampling/tokens.ts';
import type { CommonOptions, Context } from './context.ts';
import { CliError, describe, shown } from './messages.ts';
import type { Standing } from './progress.ts';
import { formatSize } from './sizes.ts';
import { openSource } from './source.ts';
import { openTarget, standardOutput, type Target } from './target.ts';

/** Options of all these commands, as commander delivers them. */
export interface TextOptions extends Omit<CommonOptions, 'threads'> {
  codec: string;
  output?: string;
  force?: boolean;
}

/** Most bytes of a text that is read whole. */
const MOST = 2 ** 28;

/** Files that this call has read: none of them may be its result. */
const inputs: Stats[] = [];

/**
 * Reads a file whole.
 *
 * @throws CliError for what is too large, errors of the system as they are.
 */
export async function readText(path: string, most: number = MOST): Promise<Uint8Array> {
  try {
    const source = await openSource(path, { links: true, special: true, single: false });
    if (source.stats !== undefined) inputs.push(source.stats);
    const pieces: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of source.chunks()) {
        size += chunk.length;
        if (size > most) throw new CliError('limit', `is larger than ${formatSize(most)}`);
        pieces.push(chunk.slice());
      }
    } finally {
      await source.close();
    }
    return new Uint8Array(Buffer.concat(pieces));
  } catch (error) {
    if ((error as { code?: string }).code === 'is-directory')
      throw new CliError('is-directory', `${shown(path)}: is a directory`, 'Name the files in it.');
    throw named(error, path);
  }
}

/** A fault with the file's name in it, for commands that read several files at once. */
export function named(error: unknown, path: string): CliError {
  const { code, message, hint } = describe(error);
  return new CliError(code, `${path === '-' ? 'standard input' : shown(path)}: ${message}`, hint);
}

/** Files, and those of folders and of folders in these, in the order of their names. Hidden ones are left out. */
export async function listFiles(paths: readonly string[], depth = 16): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (path === '-') {
      found.push(path);
      continue;
    }
    try {
      const stats = await lstat(path);
      if (!stats.isDirectory()) {
        found.push(path);
        continue;
      }
      if (depth === 0) throw new CliError('too-deep', 'has too many folders in folders');
      const entries = await readdir(path, { withFileTypes: true });
      // Pipes and devices are read where they are named: of those in a folder nobody knows that they are there.
      const names = entries
        .filter((entry) => entry.isFile() || entry.isDirectory() || entry.isSymbolicLink())
        .map(({ name }) => name)
        .filter((name) => !name.startsWith('.'))
        .sort();
      const below = names.map((name) => join(path, name));
      for (const file of await listFiles(below, depth - 1)) found.push(file);
    } catch (error) {
      throw error instanceof CliError && error.message.includes(path) ? error : named(error, path);
    }
  }
  return found;
}

/** Opens a codec and lets it see the texts it is primed with. */
export async function primedCodec(
  name: string,
  primes: readonly Uint8Array[],
  more: number,
  context: Context,
): Promise<OpenCodec> {
  const size = primes.reduce((sum, prime) => sum + prime.length, more);
  const codec = await openCodec(name, { size });
  if (codec.kind === 'estimate')
    context.warn(`${name}: lengths in whole bytes, which depend on this machine: an estimate, and slow`);
  for (const prime of primes) codec.learn(prime);
  return codec;
}

/** What text is chosen from. */
export type AlphabetName = 'text' | 'bytes' | 'ascii' | 'seen';

/** States of {@link clean}: 1 after the byte that begins the characters U+0080 to U+00BF. */
const noControls = (state: number, byte: number): number => {
  if (state === 1) return byte < 0xa0 ? -1 : 0;
  if (byte === 0xc2) return 1;
  return (byte < 32 && byte !== 9 && byte !== 10) || byte === 127 ? -1 : 0;
};

/** Valid UTF-8 without control characters but tabs and line ends, so that a terminal stays what it is. */
function clean(alphabet: Tokens, before: Uint8Array): Constraint {
  const open = before.length > 0 && before[before.length - 1] === 0xc2 ? 1 : 0;
  const limit = both(utf8Valid(alphabet, before), overBytes(alphabet, 2, open, noControls));
  return limit as Constraint;
}

function isText(before: Uint8Array): boolean {
  try {
    utf8Valid(bytes(), before);
    return true;
  } catch {
    return false;
  }
}

/** What a sampler may write. */
export interface Alphabet {
  readonly name: AlphabetName;
  /** Whether it can only be text. */
  readonly text: boolean;
  readonly constraint: Constraint | undefined;
}

/**
 * What a sampler may write, by name: unless told otherwise the bytes that were seen, or ASCII after nothing.
 *
 * @param before - All that came before.
 * @param otherwise - What is taken instead where no name is given: a pattern says itself what may come. Bytes after what
 *   is no text.
 * @returns the constraint, undefined for any byte.
 */
export function alphabetOf(name: AlphabetName | undefined, before: Uint8Array, otherwise?: 'text'): Alphabet {
  const text = isText(before);
  const unnamed = before.length > 0 ? 'seen' : 'ascii';
  const chosen = name ?? (otherwise === undefined ? unnamed : text ? otherwise : 'bytes');
  switch (chosen) {
    case 'bytes':
      return { name: chosen, text: false, constraint: undefined };
    case 'ascii':
      return { name: chosen, text: true, constraint: printable() as Constraint };
    case 'seen': {
      const set = new Set(before);
      if (set.size === 0)
        throw new CliError('usage', 'nothing has been seen: -a seen needs --prime or --prompt', 'Give one of them.');
      const seen = allowed(set);
      // Bytes of text are to be text again.
      return { name: chosen, text, constraint: (text ? both(clean(bytes(), before), seen) : seen) as Constraint };
    }
    default:
      if (!text)
        throw new CliError('usage', '-a text needs a prompt that is valid UTF-8', 'Use -a bytes, or leave -a out.');
      return { name: chosen, text, constraint: clean(bytes(), before) };
  }
}

/** What a pattern leaves of an alphabet, and the most bytes that may be written then. */
export interface Matching {
  readonly alphabet: Alphabet;
  readonly length: number;
}

/**
 * An alphabet within which what is written has to match a pattern.
 *
 * @param pattern - A regular expression that {@link matching} takes.
 * @param length - Bytes that were asked for.
 * @param whole - For strings of one length: the longest that there are. The others end where nothing may follow.
 * @throws CliError when nothing matches within so many bytes.
 */
export function matchingOf(pattern: string, alphabet: Alphabet, length: number, whole: boolean): Matching {
  const expression = matching(pattern);
  const limit = (alphabet.constraint === undefined ? expression : both(alphabet.constraint, expression)) as Constraint;
  const constraint = compiled(limit, 256);
  const least = constraint.shortest?.(constraint.start) ?? 0;
  if (least === Infinity)
    throw new CliError(
      'usage',
      `--matching: nothing that -a ${alphabet.name} allows matches the pattern`,
      'Choose another -a, or another pattern.',
    );
  if (least > length)
    throw new CliError('usage', `--matching: a match has at least ${least} bytes`, `Ask for more: -n ${least}.`);
  if (!whole) return { alphabet: { ...alphabet, constraint: constraint as Constraint }, length };
  const found = longest(constraint, 256, length);
  if (found === undefined) throw new CliError('usage', `--matching: no match has ${length} bytes or fewer`);
  return { alphabet: { ...alphabet, constraint: found.constraint as Constraint }, length: found.length };
}

/** Where text goes: a file, which appears when it is whole, or the standard output. */
export async function openOutput(options: TextOptions, binary: boolean): Promise<Target> {
  if (options.output === '') throw new CliError('usage', '-o needs the name of a file');
  if (options.output !== undefined && options.output !== '-') {
    const { output } = options;
    const there = await stat(output).catch(() => undefined);
    const same = there && inputs.find(({ dev, ino }) => dev === there.dev && ino === there.ino);
    return openTarget(output, options.force === true, same);
  }
  if (binary && isatty(1) && !options.force)
    throw new CliError(
      'terminal',
      'bytes that need not be text are not written to a terminal',
      'Name a file with -o, redirect the output, or use -a text; -f forces it.',
    );
  return standardOutput();
}

/** What a picture or table is to be, by the ending of its name. */
export function formatOf<F extends string>(output: string | undefined, formats: readonly F[]): F | undefined {
  if (output === undefined) return undefined;
  const ending = /\.([a-z]+)$/i.exec(output)?.[1].toLowerCase();
  const format = formats.find((name) => name === ending);
  if (format === undefined)
    throw new CliError('usage', `-o ${shown(output)}: the name ends in ${formats.map((f) => `.${f}`).join(', ')}`);
  return format;
}

/** Finds out before the work, which may be long, whether its result could be written. */
export async function tryOutput(options: TextOptions): Promise<void> {
  const there = await stat(options.output ?? '').catch(() => undefined);
  // A pipe or a device is opened once, when there is something to write.
  if (there !== undefined && !there.isFile() && !there.isDirectory()) return;
  const target = await openOutput(options, false);
  await target.abandon();
}

/** Writes a result whole. */
export async function writeOutput(options: TextOptions, text: string): Promise<void> {
  const target = await openOutput(options, false);
  try {
    await target.write(new TextEncoder().encode(text));
    await target.commit({});
  } catch (error) {
    await target.abandon();
    throw error;
  }
}

/** What a bar says of a job that is counted: files, rows, bytes of a text. */
export function counted(done: () => number, total: number, what: string): () => Standing {
  return () => ({
    raw: done(),
    coded: 0,
    ratioRaw: 0,
    done: done(),
    total,
    facts: (rate) => [`${done()} of ${total} ${what}`, `${rate.toFixed(1)}/s`],
  });
}

/** Lets the event loop see signals and pipes, at most every 20 ms. */
export class Breath {
  private last = performance.now();

  async take(): Promise<void> {
    const now = performance.now();
    if (now - this.last < 20) return;
    this.last = now;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
