/**
 * Where the result goes: the standard output, a device, or a file that appears under its name only when it is whole.
 *
 * A result is written to a temporary file in the same folder, `NAME.surprisal-XXXXXXXXXXXX.tmp`, synced, given the
 * original's mode and times, renamed, and the folder synced. A process that is killed leaves at most that temporary
 * file behind; nothing else is ever created under it, so it can be deleted.
 */
import { randomBytes } from 'node:crypto';
import { constants, write as fdWrite, rmSync, type Stats } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CliError, describe, isBrokenPipe, shown } from './messages.ts';
import type { Source } from './source.ts';

/** Mode and times that the result takes over. */
export interface Attributes {
  mode?: number;
  uid?: number;
  gid?: number;
  /** Milliseconds since 1970. */
  mtime?: number;
  atime?: number;
}

/** What a coder writes to. */
export interface Target {
  /** What messages call it. */
  readonly name: string;
  /** Bytes written so far. */
  readonly written: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Leaves out `n` bytes, which read as zeros. */
  skip(n: number): Promise<void>;
  /** Makes the result final. */
  commit(attributes: Attributes): Promise<void>;
  /** Forgets the result; for a file, nothing of it stays. Never throws. */
  abandon(): Promise<void>;
}

const temporaries = new Set<string>();

/** A temporary name beside `path` that is removed with all below it when the process is cut short. */
export function trackTemporary(path: string): string {
  const temporary = temporaryName(path);
  temporaries.add(temporary);
  return temporary;
}

/** Says that nothing has this name any more. */
export function forgetTemporary(temporary: string): void {
  temporaries.delete(temporary);
}

/** Removes the temporary files and folders of this process: for signal handlers, so synchronous. */
export function removeTemporaries(): void {
  for (const path of temporaries) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // It was renamed or removed in the meantime.
    }
  }
  temporaries.clear();
}

const MAX_NAME = 255;

function temporaryName(path: string): string {
  const ending = `.surprisal-${randomBytes(6).toString('hex')}.tmp`;
  let base = basename(path);
  while (Buffer.byteLength(base + ending) > MAX_NAME) base = base.slice(0, -8);
  return join(dirname(path), base + ending);
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Syncs a folder, so that a rename in it survives a power cut. Some systems cannot, and say so. */
async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, constants.O_RDONLY);
    await folder.sync();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    // A folder that may be written but not read, or a system that does not sync folders: the file itself is synced.
    if (!['EACCES', 'EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EBADF'].includes(code)) throw error;
  } finally {
    await folder?.close();
  }
}

/** Faults of the system while writing name what was being written: the message begins with what was read. */
async function writing<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliError || isBrokenPipe(error)) throw error;
    const { code, message } = describe(error);
    const fault = new CliError(code, `cannot write ${shown(name)}: ${message}`);
    fault.cause = error;
    throw fault;
  }
}

class FileTarget implements Target {
  readonly name: string;
  written = 0;
  private readonly temporary: string;
  private readonly file: FileHandle;
  private readonly force: boolean;
  private closed = false;

  constructor(path: string, temporary: string, file: FileHandle, force: boolean) {
    this.name = path;
    this.temporary = temporary;
    this.file = file;
    this.force = force;
  }

  write(bytes: Uint8Array): Promise<void> {
    return writing(this.name, () => this.append(bytes));
  }

  private async append(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const { bytesWritten } = await this.file.write(bytes, at, bytes.length - at, this.written + at);
      at += bytesWritten;
    }
    this.written += bytes.length;
  }

  async skip(n: number): Promise<void> {
    this.written += n;
    await writing(this.name, () => this.file.truncate(this.written));
  }

  commit(attributes: Attributes): Promise<void> {
    return writing(this.name, () => this.finish(attributes));
  }

  private async finish(attributes: Attributes): Promise<void> {
    const { mode, uid, gid, mtime, atime } = attributes;
    if (uid !== undefined && gid !== undefined && process.getuid?.() === 0) {
      // Only the administrator can give files away; where even that fails the result belongs to its maker.
      await this.file.chown(uid, gid).catch(() => {});
    }
    // What comes through a pipe or from a folder has no mode to keep: then that of any new file.
    await this.file.chmod(mode === undefined ? 0o666 & ~process.umask() : mode & 0o777);
    if (mtime !== undefined) await this.file.utimes((atime ?? mtime) / 1000, mtime / 1000);
    await this.file.sync();
    this.closed = true;
    await this.file.close();
    await this.place();
    temporaries.delete(this.temporary);
    await syncFolder(dirname(this.name));
  }

  async abandon(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      await this.file.close().catch(() => {});
    }
    await unlink(this.temporary).catch(() => {});
    temporaries.delete(this.temporary);
  }

  private async place(): Promise<void> {
    if (!this.force) {
      // A link refuses a name that has been taken since we looked, which a rename would overwrite.
      try {
        await link(this.temporary, this.name);
        await unlink(this.temporary);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyThere(this.name);
        // A file system without hard links: look once more, then rename.
        if ((await statOf(this.name)) !== undefined) throw alreadyThere(this.name);
      }
    }
    await rename(this.temporary, this.name);
  }
}

function alreadyThere(path: string): CliError {
  return new CliError(
    'exists',
    `${shown(path)} already exists`,
    'Use -f to overwrite it, or -o to write to another file.',
  );
}

/** A file descriptor that is written straight through: the standard output, a device, a named pipe. */
class StreamTarget implements Target {
  readonly name: string;
  written = 0;
  private readonly fd: number;
  private readonly file: FileHandle | undefined;

  constructor(name: string, fd: number, file?: FileHandle) {
    this.name = name;
    this.fd = fd;
    this.file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) at += await writing(this.name, () => writeSome(this.fd, bytes.subarray(at)));
    this.written += bytes.length;
  }

  async skip(n: number): Promise<void> {
    const zeros = new Uint8Array(Math.min(n, 1 << 16));
    for (let left = n; left > 0; left -= zeros.length) await this.write(zeros.subarray(0, left));
  }

  async commit(): Promise<void> {
    await this.file?.close();
  }

  async abandon(): Promise<void> {
    await this.file?.close().catch(() => {});
  }
}

/** Through the thread pool and not `process.stdout`, so that a reader that stalls never stalls the main thread. */
function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    fdWrite(fd, bytes, 0, bytes.length, null, (error, n) => {
      if (!error) resolve(n);
      // Whoever started us left the pipe non-blocking.
      else if (error.code === 'EAGAIN') setTimeout(() => resolve(0), 5);
      else reject(error);
    });
  });
}

/** The standard output. */
export function standardOutput(): Target {
  return new StreamTarget('standard output', 1);
}

/**
 * Opens `path` for a result.
 *
 * @param force whether an existing file may be replaced.
 * @param source the input, which its own result must not replace.
 * @throws CliError with code 'exists' or 'is-directory' or 'same-file'; errors of the system as they are.
 */
export function openTarget(path: string, force: boolean, source?: Stats): Promise<Target> {
  return writing(path, () => openAt(path, force, source));
}

async function openAt(path: string, force: boolean, source: Stats | undefined): Promise<Target> {
  const stats = await statOf(path);
  if (stats?.isDirectory()) throw new CliError('is-directory', `${shown(path)} is a directory`, 'Name a file with -o.');
  if (stats !== undefined && source !== undefined && stats.dev === source.dev && stats.ino === source.ino)
    throw new CliError('same-file', 'the input and the output are the same file', 'Name another file with -o.');
  if (stats !== undefined && !stats.isFile() && !stats.isSymbolicLink()) {
    const file = await open(path, constants.O_WRONLY);
    return new StreamTarget(path, file.fd, file);
  }
  if (stats?.isSymbolicLink()) {
    // /dev/stdout and its like are links to what the shell has opened: write there, do not replace the link.
    const device = await open(path, constants.O_WRONLY).catch(() => undefined);
    if (device !== undefined) {
      if (!(await device.stat()).isFile()) return new StreamTarget(path, device.fd, device);
      await device.close();
    }
  }
  if (stats !== undefined && !force) throw alreadyThere(path);
  for (;;) {
    const temporary = temporaryName(path);
    try {
      temporaries.add(temporary);
      const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
      return new FileTarget(path, temporary, file, force);
    } catch (error) {
      temporaries.delete(temporary);
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Removes an original whose result is safe on disk; nothing else may have taken its name in the meantime. */
export async function removeOriginal(source: Source): Promise<void> {
  if (source.path === undefined || source.stats === undefined) return;
  const now = await stat(source.path).catch(() => undefined);
  if (now === undefined || now.dev !== source.stats.dev || now.ino !== source.stats.ino)
    throw new CliError('changed', 'was replaced in the meantime, so it was not removed');
  await unlink(source.path);
}
