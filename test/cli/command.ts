/** Runs the built command as a process, as a user would. */
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built command; `npm run build` makes it. */
export const cli = process.env.SURPRISAL_CLI ?? fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Whether there is a command to test. */
export const built = existsSync(cli);
if (!built) console.warn('skipped: dist/cli.js is missing, run npm run build');

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  input?: Uint8Array | string;
  env?: NodeJS.ProcessEnv;
}

const environment = (extra: NodeJS.ProcessEnv = {}) => ({
  ...process.env,
  NODE_OPTIONS: '',
  CI: '',
  NO_COLOR: '',
  ...extra,
});

/** Runs the command to its end. */
export function run(args: readonly string[], options: RunOptions = {}): Outcome {
  const { status, signal, stdout, stderr, error } = spawnSync(process.execPath, [cli, ...args], {
    cwd: options.cwd,
    input: options.input ?? '',
    env: environment(options.env),
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  return { code: status, signal, stdout, stderr: stderr.toString() };
}

/** Starts the command and leaves it running. */
export function start(args: readonly string[], options: SpawnOptions = {}) {
  return spawn(process.execPath, [cli, ...args], { ...options, env: environment(options.env) });
}

/** Runs a line of shell in which `surprisal` is the command. */
export function shell(line: string, options: RunOptions = {}): Outcome {
  const quoted = `'${process.execPath}' '${cli}'`;
  const { status, signal, stdout, stderr } = spawnSync('bash', ['-c', `surprisal() { ${quoted} "$@"; }\n${line}`], {
    cwd: options.cwd,
    input: options.input,
    env: environment(options.env),
    maxBuffer: 1 << 28,
  });
  return { code: status, signal, stdout, stderr: stderr.toString() };
}

/** Whether `script` is there, which gives a process a pseudo-terminal. */
export const hasTerminal = spawnSync('script', ['--version']).status === 0;

/** Runs a line of shell with a pseudo-terminal as its standard streams; what it writes comes back together. */
export function onTerminal(line: string, options: RunOptions = {}): { code: number | null; text: string } {
  const quoted = `'${process.execPath}' '${cli}'`;
  const body = `stty cols 100 rows 30; surprisal() { ${quoted} "$@"; }; ${line}`;
  const { status, stdout } = spawnSync(
    'script',
    ['-qec', `bash -c ${JSON.stringify(body).replaceAll('$', '\\$')}`, '/dev/null'],
    {
      cwd: options.cwd,
      env: environment({ TERM: 'xterm', ...options.env }),
    },
  );
  return { code: status, text: stdout.toString() };
}

/** A folder of the test's own, and how to remove it. */
export function folder(): { path: string; file(name: string): string; read(name: string): Buffer; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'surprisal-test-'));
  return {
    path,
    file: (name) => join(path, name),
    read: (name) => readFileSync(join(path, name)),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Text that a model can learn from, always the same. */
export function text(bytes: number): Buffer {
  const words =
    'the model learns while it reads and what it has learnt it need not write again so files get small'.split(' ');
  let state = 12345;
  let out = '';
  while (out.length < bytes) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    out += words[(state >>> 16) % words.length] + ((state >>> 24) % 9 === 0 ? '\n' : ' ');
  }
  return Buffer.from(out.slice(0, bytes));
}

/** Names of temporary files that a killed process may leave behind. */
export const TEMPORARY = /\.surprisal-[0-9a-f]{12}\.tmp$/;
