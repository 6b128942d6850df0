/** PyTorch and jax-js as peers of bench/networks.ts: processes that make the same training steps when they are asked. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

/** The version of jax-js that is installed where no folder is named. */
const JAX = '@jax-js/jax@0.1.25';
const cache = join(import.meta.dirname, '../../.cache/jax-js');

/** A folder with jax-js in its node_modules, made where there is none; or why there is none. */
export function jaxFolder(): { path: string } | { missing: string } {
  if (existsSync(join(cache, 'node_modules/@jax-js/jax/package.json'))) return { path: cache };
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, 'package.json'), '{ "private": true }\n');
  process.stderr.write(`installing ${JAX} …\n`);
  const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund', JAX], { cwd: cache });
  return status === 0 ? { path: cache } : { missing: `npm does not install ${JAX}: ${String(stderr).slice(-300)}` };
}

/** Arrays in the order in which a network's steps take them, by name. */
export type Arrays = readonly {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}[];

/** What a side did: nanoseconds of each step, and the loss (or an element of the product) of the last. */
export interface Steps {
  readonly ns: readonly number[];
  readonly value: number;
}

/** One of the networks that are compared. */
export type StepKind = 'vae' | 'convolutions' | 'product';

/** A side of the comparison: loads a network and makes steps. */
export interface StepSide {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  load(kind: StepKind, arrays: Arrays, options: { readonly rate: number; readonly last: boolean }): Promise<void>;
  run(steps: number): Promise<Steps>;
  stop(): void;
}

/** A process with one of the peers. */
export class StepPeer implements StepSide {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;
  private readonly folder: string;

  private constructor(
    name: string,
    child: ChildProcess,
    lines: Interface,
    answers: AsyncIterator<string>,
    folder: string,
    first: string,
  ) {
    this.name = name;
    this.child = child;
    this.lines = lines;
    this.answers = answers;
    this.folder = folder;
    this.versions = JSON.parse(first);
  }

  /** Starts PyTorch in this Python, or jax-js of this folder. Files lie in `folder`, which the caller removes. */
  static async start(name: 'PyTorch' | 'jax-js', path: string, folder: string): Promise<StepPeer> {
    const here = (file: string) => join(import.meta.dirname, file);
    const [program, args] =
      name === 'PyTorch' ? [path, [here('networks.py')]] : [process.execPath, [here('networks.mjs'), resolve(path)]];
    const env = { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    const lines = createInterface({ input: child.stdout! });
    const answers = lines[Symbol.asyncIterator]();
    const first = await Promise.race([answers.next(), failed]);
    if (first.done) throw new Error(`no ${name} in ${path}: see above`);
    return new StepPeer(name, child, lines, answers, folder, first.value);
  }

  private async ask<T>(request: object): Promise<T> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`the process of ${this.name} has ended`);
    const answer = JSON.parse(value) as T & { error?: string };
    if (answer.error !== undefined) throw new Error(`${this.name}: ${answer.error}`);
    return answer;
  }

  async load(kind: StepKind, arrays: Arrays, options: { rate: number; last: boolean }): Promise<void> {
    const data = join(this.folder, 'arrays');
    writeFileSync(
      data,
      Buffer.concat(
        arrays.map(({ data: { buffer, byteOffset, byteLength } }) => Buffer.from(buffer, byteOffset, byteLength)),
      ),
    );
    await this.ask({ do: 'load', kind, data, arrays: arrays.map(({ name, shape }) => [name, shape]), ...options });
  }

  run(steps: number): Promise<Steps> {
    return this.ask({ do: 'run', steps });
  }

  stop(): void {
    this.lines.close();
    this.child.stdin!.end();
    this.child.kill();
  }
}
