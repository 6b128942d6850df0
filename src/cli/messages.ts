/** What the command says on the standard error stream, and how faults are worded. */
import { isatty } from 'node:tty';

/** A fault of one file or of the call, already worded for the user. */
export class CliError extends Error {
  /** A stable word for programs, as in `--json`. */
  readonly code: string;
  /** A second line that says what to do. */
  readonly hint: string | undefined;

  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** A file name that is safe to print: control characters (a name may hold a newline or an escape) are escaped. */
export function shown(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be found
  if (!/[\u0000-\u001f\u007f-\u009f]/.test(name)) return name;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  const escaped = name.replace(/[\\'\u0000-\u001f\u007f-\u009f]/g, (c) => {
    if (c === '\n') return '\\n';
    if (c === '\t') return '\\t';
    if (c === '\r') return '\\r';
    if (c === '\\' || c === "'") return '\\' + c;
    return '\\x' + c.charCodeAt(0).toString(16).padStart(2, '0');
  });
  return `$'${escaped}'`;
}

/** Errors of the system in plain words. */
const SYSTEM: Record<string, string> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than the file system or the limit allows',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reports an input/output error',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in the system',
  ENAMETOOLONG: 'the file name is too long',
  ENXIO: 'no such device',
  EBUSY: 'the file is busy',
};

interface SystemError {
  code?: string;
  syscall?: string;
  message: string;
}

/** Whether the reader of our output has gone away, which is no fault of ours and is not spoken of. */
export function isBrokenPipe(error: unknown): boolean {
  const code = (error as SystemError | null)?.code;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

/** Whatever was thrown, as a fault with a code and a message without the file's name. */
export function describe(error: unknown): { code: string; message: string; hint?: string } {
  if (error instanceof CliError) return { code: error.code, message: error.message, hint: error.hint };
  const { code, syscall, message } = error as SystemError;
  if (code !== undefined && syscall !== undefined)
    return { code, message: SYSTEM[code] ?? `${message.replace(/^[A-Z0-9]+: /, '').replace(/, .*/, '')} (${code})` };
  if (code !== undefined) return { code, message: message.replace(/\.$/, '') };
  return { code: 'internal', message: message ?? String(error) };
}

/** Whether colours are wanted on this stream: a terminal, and neither NO_COLOR nor TERM=dumb. */
export function colours(fd: 1 | 2): boolean {
  return isatty(fd) && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** Writes one line of error, warning or report; what happens to it decides nothing. */
export function say(line: string): void {
  onBeforeSay?.();
  try {
    process.stderr.write(line + '\n');
  } catch {
    // The reader of the standard error stream has gone: there is nobody left to tell.
  }
}

let onBeforeSay: (() => void) | undefined;

/** Has `hook` run before each line, so that a progress bar can get out of the way. */
export function beforeSaying(hook: (() => void) | undefined): void {
  onBeforeSay = hook;
}

/** `surprisal: FILE: what is wrong`, and the hint below it. */
export function complain(error: unknown, file?: string): void {
  const { message, hint } = describe(error);
  const red = colours(2) ? (s: string) => `\u001b[31m${s}\u001b[39m` : (s: string) => s;
  say(`${red('surprisal:')} ${file === undefined ? '' : `${shown(file)}: `}${message}`);
  if (hint !== undefined) say(`  ${hint}`);
}
