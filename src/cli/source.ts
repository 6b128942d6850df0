/** What is read: files, and the standard input. */
import { type BigIntStats, constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { release } from './flow.ts';
import { CliError } from './messages.ts';

/** An input, opened. */
export interface Source {
  /** The path as given, or undefined for the standard input. */
  readonly path: string | undefined;
  /** What messages call it. */
  readonly name: string;
  /** Bytes, where that is known before reading. */
  readonly size: number | undefined;
  readonly stats: Stats | undefined;
  /** Bytes read so far by {@link chunks}. */
  readonly position: number;
  /** The bytes in order; each piece is valid until the next is asked for. */
  chunks(): AsyncGenerator<Uint8Array, void>;
  /** Whether the file is still the one that was opened, with the same size and time. */
  unchanged(): Promise<boolean>;
  /** Bytes at an offset; only where `size` is known. */
  readAt(position: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** Small enough for a smooth bar at the speed of the models, large enough to cost nothing. */
const CHUNK = 64 * 1024;

class FileSource implements Source {
  readonly path: string;
  readonly name: string;
  readonly size: number | undefined;
  readonly stats: Stats;
  position = 0;
  private readonly file: FileHandle;
  private readonly opened: BigIntStats;

  constructor(path: string, file: FileHandle, stats: Stats, opened: BigIntStats) {
    this.path = path;
    this.name = path;
    this.file = file;
    this.stats = stats;
    this.opened = opened;
    this.size = stats.isFile() ? stats.size : undefined;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void> {
    // One for all: fresh ones would pile up by the dozens of megabytes until the collector looks at them.
    const buffer = new Uint8Array(CHUNK);
    for (;;) {
      const { bytesRead } = await this.file.read(buffer, 0, CHUNK, null);
      if (bytesRead === 0) return;
      this.position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async unchanged(): Promise<boolean> {
    const now = await this.file.stat({ bigint: true });
    return now.size === this.opened.size && now.mtimeNs === this.opened.mtimeNs;
  }

  async readAt(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const buffer = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const { bytesRead } = await this.file.read(buffer, at, length - at, position + at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return at === length ? buffer : buffer.slice(0, at);
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

class StandardInput implements Source {
  readonly path = undefined;
  readonly name = 'standard input';
  readonly size = undefined;
  readonly stats = undefined;
  position = 0;

  async *chunks(): AsyncGenerator<Uint8Array, void> {
    for await (const buffer of process.stdin as AsyncIterable<Buffer>) {
      // A plain array: what a Buffer calls `slice` is not a copy.
      const chunk = new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.length);
      for (let at = 0; at < chunk.length; at += CHUNK) {
        const part = chunk.subarray(at, at + CHUNK);
        this.position += part.length;
        yield part;
      }
      release(chunk);
    }
  }

  async unchanged(): Promise<boolean> {
    return true;
  }

  readAt(): Promise<Uint8Array<ArrayBuffer>> {
    throw new CliError('internal', 'the standard input cannot be read at an offset');
  }

  async close(): Promise<void> {
    process.stdin.destroy();
  }
}

/** How far {@link openSource} may go. */
export interface SourceRules {
  /** Follow symbolic links. */
  links: boolean;
  /** Read what is not a regular file: named pipes, devices. */
  special: boolean;
  /** Refuse a file that has other hard links (it is going to be removed). */
  single: boolean;
}

/**
 * Opens `path` for reading, `-` for the standard input.
 *
 * @throws CliError with code 'is-directory', 'is-link', 'not-regular' or 'has-links'; errors of the system as they are.
 */
export async function openSource(path: string, rules: SourceRules): Promise<Source> {
  if (path === '-') return new StandardInput();
  const seen = await lstat(path);
  if (seen.isSymbolicLink() && !rules.links)
    throw new CliError('is-link', 'is a symbolic link', 'Use -f to follow it, or name the file itself.');
  if (seen.isDirectory()) throw isDirectory();
  if (!seen.isSymbolicLink() && !seen.isFile() && !rules.special) throw notRegular();
  // Without O_NONBLOCK the opening of a named pipe waits for its writer, which is right where pipes are allowed.
  const file = await open(path, constants.O_RDONLY);
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw isDirectory();
    if (!stats.isFile() && !rules.special) throw notRegular();
    if (rules.single && stats.nlink > 1)
      throw new CliError(
        'has-links',
        `has ${stats.nlink - 1} other hard link${stats.nlink > 2 ? 's' : ''}, so --rm would free nothing`,
        'Leave out --rm, or use -f to remove this name of it all the same.',
      );
    return new FileSource(path, file, stats, await file.stat({ bigint: true }));
  } catch (error) {
    await file.close();
    throw error;
  }
}

function isDirectory(): CliError {
  return new CliError(
    'is-directory',
    'is a directory',
    'Pack it first: tar -cf - FOLDER | surprisal compress -o FOLDER.tar.srp',
  );
}

function notRegular(): CliError {
  return new CliError('not-regular', 'is not a regular file', 'Use -c or -o to read from a pipe or a device.');
}
