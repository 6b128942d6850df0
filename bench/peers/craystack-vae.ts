/** craystack's BB-ANS on a binary autoencoder, in a Python process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { NamedTensor } from '../../src/networks/parameters.ts';

/** What a run over all images cost there. */
export interface CraystackVaeRun {
  /** Nanoseconds, networks included. */
  readonly encode: number;
  readonly decode: number;
  /** Its message as 32-bit words, in bits, and what heads it started with took of that. */
  readonly streamBits: number;
  readonly startBits: number;
  readonly restored: boolean;
}

/** The process, which holds one model and its images. */
export class CraystackVae {
  /** Versions of numpy and Python. */
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

  /** Starts it on a clone of craystack; throws when it says nothing. Files lie in `folder`, which the caller removes. */
  static async start(python: string, clone: string, folder: string): Promise<CraystackVae> {
    const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
    const child = spawn(python, [join(import.meta.dirname, 'craystack_vae.py'), resolve(clone)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env,
    });
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    const lines = createInterface({ input: child.stdout! });
    const answers = lines[Symbol.asyncIterator]();
    const first = await Promise.race([answers.next(), failed]);
    if (first.done) throw new Error(`no craystack in ${clone}: see above`);
    return new CraystackVae(child, lines, answers, folder, first.value);
  }

  private async ask<T>(request: object): Promise<T> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('the Python process has ended');
    const answer = JSON.parse(value) as T & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  /** Gives it a model's weights, and images of 0 and 1; so many are coded side by side. */
  async load(
    tensors: ReadonlyMap<string, NamedTensor>,
    images: Uint8Array,
    pixels: number,
    lanes: number,
  ): Promise<void> {
    const [data, imageFile] = [join(this.folder, 'weights'), join(this.folder, 'images')];
    const all = [...tensors];
    writeFileSync(
      data,
      Buffer.concat(
        all.map(
          ([
            ,
            {
              data: { buffer, byteOffset, byteLength },
            },
          ]) => Buffer.from(buffer, byteOffset, byteLength),
        ),
      ),
    );
    writeFileSync(imageFile, images);
    const arrays = all.map(([name, { shape }]) => [name, shape]);
    await this.ask({ do: 'load', data, arrays, images: imageFile, pixels, lanes });
  }

  /** Codes all of them and decodes them again. */
  run(): Promise<CraystackVaeRun> {
    return this.ask({ do: 'run' });
  }

  /** Ends the process. */
  stop(): void {
    this.lines.close();
    this.child.stdin!.end();
    this.child.kill();
  }
}
