/** Other entropy coders: constriction's native core through its wheel, and what npm has. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { CoderCase, CoderName } from '../coder-cases.ts';

const root = join(import.meta.dirname, '../..');

const names = { ANS: 'ans', range: 'range', chain: 'chain' } as const;

const bytesOf = (array: Int32Array | Uint32Array | Float64Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A Python process with constriction in it, which holds the data of one case at a time. */
export class Constriction {
  /** Versions of constriction, numpy and Python. */
  readonly versions: Readonly<Record<string, string>>;
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;
  private readonly lines: Interface;
  private readonly folder: string;

  private constructor(
    child: ChildProcess,
    lines: Interface,
    answers: AsyncIterator<string>,
    folder: string,
    first: string,
  ) {
    this.child = child;
    this.lines = lines;
    this.answers = answers;
    this.folder = folder;
    this.versions = JSON.parse(first);
  }

  /** Starts it; throws when it says nothing. Files lie in `folder`, which the caller removes. */
  static async start(python: string, folder: string): Promise<Constriction> {
    const child = spawn(python, [join(import.meta.dirname, 'native.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    const lines = createInterface({ input: child.stdout! });
    const answers = lines[Symbol.asyncIterator]();
    const first = await Promise.race([answers.next(), failed]);
    if (first.done) throw new Error(`${python} has no constriction: see above`);
    return new Constriction(child, lines, answers, folder, first.value);
  }

  private async ask(request: object): Promise<{ ns?: number }> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('the Python process has ended');
    const answer = JSON.parse(value) as { ns?: number; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  /** Gives it a case's data; single calls are made of the first `singles` symbols. */
  async load(one: CoderCase, singles: number): Promise<void> {
    const file = (name: string, array: Int32Array | Uint32Array | Float64Array) => {
      const path = join(this.folder, name);
      writeFileSync(path, bytesOf(array));
      return path;
    };
    await this.ask({
      do: 'load',
      ...one.native,
      singles,
      symbols: file('symbols', one.symbols),
      data: file('data', one.data),
      parameters: one.parameters.map((values, i) => file(`parameters-${i}`, values)),
    });
  }

  /** Nanoseconds of one call on the whole array, or of a loop of single calls. */
  async time(what: 'encode' | 'decode' | 'encode_single' | 'decode_single', coder: CoderName): Promise<number> {
    return (await this.ask({ do: what, coder: names[coder] })).ns!;
  }

  /** What its coder has written; of a chain coder both arrays of remainders, one after the other. */
  async words(coder: CoderName): Promise<Uint32Array> {
    const to = join(this.folder, 'words');
    await this.ask({ do: 'words', coder: names[coder], to });
    const { buffer, byteOffset, byteLength } = readFileSync(to);
    return new Uint32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  }

  /** Frees the case's data. */
  async drop(): Promise<void> {
    await this.ask({ do: 'drop' });
  }

  /** Ends the process. */
  stop(): void {
    this.lines.close();
    this.child.stdin!.end();
    this.child.kill();
  }
}

/** A coder of bytes from npm. */
export interface NpmCoder {
  readonly id: string;
  readonly version: string;
  /** What it is, and what it leaves out. */
  readonly note: string;
  readonly encode: (bytes: Uint8Array) => Uint8Array;
  readonly decode: (packed: Uint8Array) => Uint8Array;
}

/** Those that are installed. */
export async function npmCoders(): Promise<NpmCoder[]> {
  const require = createRequire(import.meta.url);
  const versionOf = (name: string): string =>
    JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  const found: NpmCoder[] = [];
  const add = async (id: string, note: string, load: () => Promise<Pick<NpmCoder, 'encode' | 'decode'>>) => {
    try {
      found.push({ id, version: versionOf(id), note, ...(await load()) });
    } catch (error) {
      if (!/ENOENT|MODULE_NOT_FOUND/.test(String((error as { code?: string }).code))) throw error;
    }
  };
  await add('@thi.ng/range-coder', 'learns the frequencies as it goes; takes no model', async () => {
    const { encodeBytes, decodeBytes } = await import('@thi.ng/range-coder');
    return { encode: encodeBytes, decode: decodeBytes };
  });
  await add('arithmetic-coding', 'counts the bytes first and sends the counts; takes no model', async () => {
    const { encodeFromBuffer, decodeFromBuffer } = require('arithmetic-coding') as {
      encodeFromBuffer(bytes: Uint8Array): Uint8Array;
      decodeFromBuffer(packed: Uint8Array): Uint8Array;
    };
    return { encode: encodeFromBuffer, decode: decodeFromBuffer };
  });
  return found;
}
