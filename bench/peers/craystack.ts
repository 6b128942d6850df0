/** craystack and the hidden Markov codec of ssm-code in a Python process, which holds the data of one case at a time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { pythonWith } from './python.ts';

/** A Python with what craystack needs, made where there is none; or why there is none. */
export const python = (): { path: string } | { missing: string } =>
  pythonWith('craystack', ['numpy', 'scipy', 'autograd']);

/** What a run over a case's symbols cost there. */
export interface CraystackRun {
  /** Nanoseconds. */
  readonly encode: number;
  readonly decode: number;
  /** Bits by which the stack grew, with their fraction. */
  readonly netBits: number;
  /** Words of 32 bits that it came to, those that it started with included, in bits. */
  readonly streamBits: number;
  /** Whether the symbols and the stack came back. */
  readonly restored: boolean;
}

type Arrays = Readonly<Record<string, Int32Array | Uint32Array | Float64Array>>;

/** The process. */
export class Craystack {
  /** Versions of numpy, scipy and Python. */
  readonly versions: Readonly<Record<string, string>>;
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;
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

  /**
   * Starts it; throws when it says nothing. Files lie in `folder`, which the caller removes.
   *
   * @param clones - Folders of craystack and, for the hidden Markov codec, of ssm-code.
   */
  static async start(path: string, clones: readonly string[], folder: string): Promise<Craystack> {
    const script = join(import.meta.dirname, 'craystack.py');
    const child = spawn(path, [script, ...clones.map((clone) => resolve(clone))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    const lines = createInterface({ input: child.stdout! });
    const answers = lines[Symbol.asyncIterator]();
    const first = await Promise.race([answers.next(), failed]);
    if (first.done) throw new Error(`no craystack in ${clones.join(', ')}: see above`);
    return new Craystack(child, lines, answers, folder, first.value);
  }

  private async ask<T>(request: object): Promise<T> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('the Python process has ended');
    const answer = JSON.parse(value) as T & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  /** Gives it a case's arrays. */
  async load(kind: 'multiset' | 'hmm', arrays: Arrays, numbers: Readonly<Record<string, number>> = {}): Promise<void> {
    const files = Object.entries(arrays).map(([name, array]) => {
      const path = join(this.folder, name);
      writeFileSync(path, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
      return [name, path];
    });
    await this.ask({ do: 'load', kind, ...numbers, ...Object.fromEntries(files) });
  }

  /** Pushes the case's symbols on these words and pops them again. */
  run(words: Uint32Array): Promise<CraystackRun> {
    return this.ask({ do: 'run', words: [...words] });
  }

  /** Ends the process. */
  stop(): void {
    this.lines.close();
    this.child.stdin!.end();
    this.child.kill();
  }
}
