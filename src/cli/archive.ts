/** Reading archives: what a fault in one means, and random access for those that come through a pipe. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteSource } from '../formats/archive.ts';
import { CliError } from './messages.ts';
import { formatSize } from './sizes.ts';
import type { Source } from './source.ts';

/** First bytes of formats that are mistaken for ours. */
const MAGICS: readonly (readonly [bytes: readonly number[], name: string, offset?: number])[] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0x42, 0x5a, 0x68], 'bzip2'],
  [[0x50, 0x4b, 0x03, 0x04], 'zip'],
  [[0x50, 0x4b, 0x05, 0x06], 'zip'],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], '7-Zip'],
  [[0x04, 0x22, 0x4d, 0x18], 'lz4'],
  [[0x4c, 0x5a, 0x49, 0x50], 'lzip'],
  [[0x4c, 0x52, 0x5a, 0x49], 'lrzip'],
  [[0x7a, 0x50, 0x51], 'zpaq'],
  [[0x37, 0x6b, 0x53, 0x74], 'zpaq'],
  [[0x89, 0x50, 0x4e, 0x47], 'PNG'],
  [[0xff, 0xd8, 0xff], 'JPEG'],
  [[0x25, 0x50, 0x44, 0x46], 'PDF'],
  [[0x75, 0x73, 0x74, 0x61, 0x72], 'tar', 257],
];

/** How many first bytes {@link notAnArchive} can make use of. */
export const HEAD = 512;

/** The fault of a file that is no archive, with a guess at what it is from its first bytes. */
export function notAnArchive(head: Uint8Array): CliError {
  if (head.length === 0) return new CliError('not-srp', 'not an .srp archive (it is empty)');
  if (head[0] === 0x89 && head[1] === 0x53 && head[2] === 0x52 && head[3] === 0x50)
    return new CliError(
      'not-srp',
      'an .srp archive that was damaged on its way: its line ends were changed',
      'Transfer it again as binary, not as text.',
    );
  const starts = [...head.subarray(0, 2)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const known = MAGICS.find(([bytes, , at = 0]) => bytes.every((byte, i) => head[at + i] === byte));
  return new CliError('not-srp', `not an .srp archive (starts with ${starts}${known ? `: ${known[1]}?` : ''})`);
}

/** A message of the library as a part of a line: without what only a program can do about it. */
export function plain(message: string): string {
  const text = message.replace(/ Raise max\w+.*$/, '').replace(/\.$/, '');
  return /^[A-Z][a-z]* /.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
}

/** Makes of a fault of the library what the command says of it. */
export function explain(error: unknown, head: Uint8Array, maxMemory: number): unknown {
  // What the command says itself is said already.
  if (error instanceof CliError) return error;
  const { code, message } = error as { code?: string; message: string };
  if (code === 'not-srp') return notAnArchive(head);
  if (code === 'truncated' && head.length === 0) return notAnArchive(head);
  if (code === 'limit') {
    const hint = /memory|allocate/i.test(message)
      ? `Allow more with --memory SIZE (now ${formatSize(maxMemory)}).`
      : 'Allow more with --max-output SIZE.';
    return new CliError('limit', plain(message), hint);
  }
  if (code === 'corrupt' || code === 'truncated')
    return new CliError(code, plain(message), "What is intact can be saved: 'surprisal decompress --recover'.");
  if (code === 'unsupported' && /holds images/.test(message))
    return new CliError(code, 'the archive holds images', "Use 'surprisal images decompress'.");
  if (code === 'unsupported' || code === 'wrong-model') return new CliError(code, plain(message));
  return error;
}

/** Random access to an archive, and what gives it up. */
export interface Access {
  source: ByteSource;
  /** First bytes of the archive. */
  head: Uint8Array;
  close(): Promise<void>;
}

/** Random access to `source`; what comes through a pipe is first kept in an unnamed temporary file. */
export async function randomAccess(source: Source): Promise<Access> {
  if (source.size !== undefined) {
    return {
      source: { size: source.size, read: (offset, length) => source.readAt(offset, length) },
      head: await source.readAt(0, Math.min(HEAD, source.size)),
      close: async () => {},
    };
  }
  const folder = await mkdtemp(join(tmpdir(), 'surprisal-'));
  const file = await open(join(folder, randomBytes(6).toString('hex')), 'wx+', 0o600);
  // Without a name it goes away with this process, however that ends.
  await rm(folder, { recursive: true });
  try {
    let size = 0;
    for await (const chunk of source.chunks()) {
      for (let at = 0; at < chunk.length; )
        at += (await file.write(chunk, at, chunk.length - at, size + at)).bytesWritten;
      size += chunk.length;
    }
    const read = async (offset: number, length: number) => {
      const buffer = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const { bytesRead } = await file.read(buffer, at, length - at, offset + at);
        if (bytesRead === 0) return buffer.slice(0, at);
        at += bytesRead;
      }
      return buffer;
    };
    return { source: { size, read }, head: await read(0, Math.min(HEAD, size)), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
