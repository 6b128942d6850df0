// Runs one program in every engine there is and compares all bits with those that this Node computes: special
// functions, words of the stream coders, a training run, the notebook's network, archives. Then every engine decodes
// every archive that any of them made.
//
//     npm run test:engines [name ...]
//
// An engine that is missing is skipped, and is a failure where SURPRISAL_REQUIRE_ENGINES is 1.
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import codecsGolden from '../vectors/codecs_golden.json' with { type: 'json' };
import codingGolden from '../vectors/coding_golden.json' with { type: 'json' };
import ctwGolden from '../vectors/ctw_golden.json' with { type: 'json' };
import imagesGolden from '../vectors/images_golden.json' with { type: 'json' };
import golden from '../vectors/math_golden.json' with { type: 'json' };
import networksGolden from '../vectors/networks_golden.json' with { type: 'json' };
import onlineGolden from '../vectors/online_golden.json' with { type: 'json' };
import oraclesGolden from '../vectors/oracles_golden.json' with { type: 'json' };
import ppmGolden from '../vectors/ppm_golden.json' with { type: 'json' };
import samplersGolden from '../vectors/samplers_golden.json' with { type: 'json' };
import sequenceGolden from '../vectors/sequence_models_golden.json' with { type: 'json' };
import type { Decoded, DecodeTask, Produced, ProduceTask, Result, Task } from './conformance.ts';
import { cache, type Engine, engines } from './engines.ts';

const COUNT = 1_000_000;
const SMALL_COUNT = 20_000;
/** Milliseconds for one task, start of the engine included. */
const LIMIT = 120_000;

/** One engine at work: the program in it polls for `task`, and its answer settles `answer`. */
interface Session {
  task: Task | undefined;
  answer: ((result: Result) => void) | undefined;
}

const sessions = new Map<string, Session>();
let passed = 0;
const failures: string[] = [];

function check(ok: boolean, what: string): boolean {
  if (ok) passed++;
  else failures.push(what);
  return ok;
}

async function bundle(): Promise<string> {
  const file = join(cache, 'conformance.mjs');
  const build = await rolldown({ input: join(import.meta.dirname, 'conformance.ts'), platform: 'neutral' });
  await build.write({ file, format: 'esm' });
  await build.close();
  return file;
}

async function listen(program: string): Promise<{ port: number; close(): void }> {
  const { readFile } = await import('node:fs/promises');
  const script = await readFile(program);
  const server = createServer((request, response) => {
    const [, id, what] = (request.url ?? '').split('/');
    // An engine at work for longer than a connection is kept would find it closed.
    response.setHeader('connection', 'close');
    const session = sessions.get(id);
    if (session === undefined) {
      response.writeHead(404).end();
    } else if (what === 'task') {
      const task = session.task;
      session.task = undefined;
      response.writeHead(task ? 200 : 204, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(task ? JSON.stringify(task) : undefined);
    } else if (what === 'result') {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        response.end();
        session.answer?.(JSON.parse(Buffer.concat(parts).toString()) as Result);
      });
    } else if (what === 'conformance.mjs') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    } else {
      const page = '<!doctype html><title>conformance</title><script type="module" src="conformance.mjs"></script>';
      response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A started engine. */
interface Runner {
  readonly engine: Engine;
  readonly child: ChildProcess;
  readonly session: Session;
  readonly profile: string | undefined;
  produced?: Produced;
  seconds: number;
  output: string;
}

function launch(engine: Engine, program: string, port: number): Runner | string {
  const id = String(sessions.size);
  const started = engine.start(program, `http://127.0.0.1:${port}/${id}/`);
  if ('skipped' in started) return started.skipped;
  const session: Session = { task: undefined, answer: undefined };
  sessions.set(id, session);
  const local = '127.0.0.1,localhost';
  const child = spawn(started.command, started.args, {
    // Its own process group, so that a browser's helpers end with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_PROXY: local, no_proxy: local, ...started.env },
  });
  const runner: Runner = { engine, child, session, profile: started.profile, seconds: 0, output: '' };
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => {
      runner.output = (runner.output + text.toString()).slice(-2000);
    });
  child.on('error', (error) => {
    runner.output += String(error);
  });
  live.add(runner);
  return runner;
}

const live = new Set<Runner>();

function stop(runner: Runner): void {
  const { child, profile } = runner;
  live.delete(runner);
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
  if (profile === undefined) return;
  try {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  } catch {
    // A browser on its way out may still write; the folder is the system's to clear then.
  }
}

async function ask(runner: Runner, task: Task): Promise<Result> {
  const start = performance.now();
  const { child, session } = runner;
  let timer: NodeJS.Timeout | undefined;
  const result = await new Promise<Result>((resolve) => {
    timer = setTimeout(() => resolve({ error: `no answer within ${LIMIT / 1000} s` }), LIMIT);
    child.once('exit', (status, signal) => resolve({ error: `it ended with ${status ?? signal}` }));
    if (child.exitCode !== null || child.pid === undefined) resolve({ error: 'it is not running' });
    session.answer = resolve;
    session.task = task;
  });
  clearTimeout(timer);
  session.task = session.answer = undefined;
  runner.seconds += (performance.now() - start) / 1000;
  if ('error' in result && runner.output) result.error += `\n${runner.output.trim()}`;
  return result;
}

function compareWithGolden(name: string, { hashes, archives }: Produced, count: number): void {
  for (const [kind, floats] of [
    ['f64', 'doubles'],
    ['f32', 'floats'],
  ] as const) {
    const expected = golden[kind][String(count) as '1000000'];
    for (const [f, hash] of Object.entries(expected))
      check(
        hashes[`${f} of ${count} ${floats}`] === hash,
        `${name}: ${f} of ${count} ${floats} is not the golden hash`,
      );
  }
  for (const [what, hash] of Object.entries(codingGolden))
    check(hashes[`words of ${what}`] === hash, `${name}: the words of ${what} are not the golden ones`);
  for (const [what, hash] of Object.entries(codecsGolden))
    check(hashes[`codec: ${what}`] === hash, `${name}: the words of the codec of ${what} are not the golden ones`);
  for (const [what, hash] of Object.entries(networksGolden))
    check(hashes[`training: ${what}`] === hash, `${name}: ${what} of the golden training are not the golden ones`);
  for (const [what, hash] of Object.entries(imagesGolden))
    check(hashes[`images: ${what}`] === hash, `${name}: ${what} of image models are not the golden ones`);
  // Not asked of an emulated processor.
  if ('sample: exact' in hashes) {
    for (const [what, text] of Object.entries(samplersGolden))
      check(hashes[`sample: ${what}`] === text, `${name}: the text of ${what} is not the golden one`);
    for (const [what, bits] of Object.entries(oraclesGolden))
      check(hashes[`lengths: ${what}`] === bits, `${name}: the lengths of ${what} are not the golden ones`);
    for (const [model, sums] of Object.entries({ '': sequenceGolden, 'ppm, ': ppmGolden, 'ctw, ': ctwGolden }))
      for (const [what, sum] of Object.entries(sums))
        check(
          hashes[`predictions: ${model}${what}`] === String(sum),
          `${name}: the predictions of ${model}${what} are not the golden ones`,
        );
  }
  const promised: Record<string, { sha256: string }> = onlineGolden.archives;
  for (const [what, { sha256 }] of Object.entries(archives))
    check(sha256 === promised[what]?.sha256, `${name}: the archive of ${what} is not the golden one`);
}

function compare(name: string, mine: Produced, reference: Produced): string {
  let [same, all] = [0, 0];
  const one = (ok: boolean, what: string) => {
    all++;
    if (check(ok, `${name}: ${what} differs from Node's`)) same++;
  };
  for (const [what, value] of Object.entries(mine.hashes)) {
    // Hashes of another number of arguments have no counterpart; they are held against the golden ones.
    if (what in reference.hashes) one(value === reference.hashes[what], what);
  }
  for (const [what, archive] of Object.entries(mine.archives))
    one(archive.sha256 === reference.archives[what]?.sha256, `the archive of ${what}`);
  return `${same}/${all}`;
}

/** Every distinct archive once, with who made it. */
function collect(runners: readonly Runner[], small: boolean): { task: DecodeTask; raw: Map<string, string> } {
  const archives: DecodeTask['archives'][number][] = [];
  const raw = new Map<string, string>();
  const seen = new Map<string, string>();
  const few = runners.find((r) => r.engine.small)?.produced?.archives;
  for (const { engine, produced } of runners) {
    for (const [what, { sha256, base64, raw: hash }] of Object.entries(produced?.archives ?? {})) {
      if ((small && few && !(what in few)) || seen.has(`${what} ${sha256}`)) continue;
      const id = `${what}, made by ${engine.name}`;
      seen.set(`${what} ${sha256}`, id);
      archives.push({ id, base64 });
      raw.set(id, hash);
    }
  }
  return { task: { kind: 'decode', archives }, raw };
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2).map((name) => name.toLowerCase());
  const program = await bundle();
  const { port, close } = await listen(program);
  const rows: string[][] = [['engine', 'version', 'bits as in Node', 'decoded', 'seconds']];
  const runners: Runner[] = [];
  const cells = new Map<Runner, string[]>();
  try {
    for (const engine of engines) {
      if (wanted.length > 0 && engine.name !== 'Node' && !wanted.some((w) => engine.name.toLowerCase().includes(w)))
        continue;
      const runner = launch(engine, program, port);
      if (typeof runner === 'string') {
        rows.push([engine.name, `skipped: ${runner}`]);
        if (process.env.SURPRISAL_REQUIRE_ENGINES === '1') failures.push(`${engine.name} is required: ${runner}`);
        continue;
      }
      process.stderr.write(`${engine.name} …\n`);
      const count = engine.small ? SMALL_COUNT : COUNT;
      const task: ProduceTask = { kind: 'produce', count, small: engine.small ?? false };
      const result = await ask(runner, task);
      if (!('produced' in result)) {
        stop(runner);
        check(false, `${engine.name}: ${'error' in result ? result.error : 'an answer to another question'}`);
        rows.push([engine.name, 'failed']);
        continue;
      }
      runner.produced = result.produced;
      compareWithGolden(engine.name, result.produced, count);
      runners.push(runner);
      const row = [engine.name, result.produced.version, compare(engine.name, result.produced, runners[0].produced!)];
      rows.push(row);
      cells.set(runner, row);
    }
    for (const runner of runners) {
      const { task, raw } = collect(runners, runner.engine.small ?? false);
      const result = await ask(runner, task);
      const decoded: Decoded = 'decoded' in result ? result.decoded : {};
      let right = 0;
      for (const [id, hash] of raw) {
        const got = decoded[id] ?? ('error' in result ? result.error : 'nothing');
        if (check(got === hash, `${runner.engine.name} decodes the archive of ${id} to ${got}`)) right++;
      }
      cells.get(runner)!.push(`${right}/${raw.size}`, runner.seconds.toFixed(1));
    }
  } finally {
    for (const runner of live) stop(runner);
    close();
  }
  const widths = rows[0].map((_, i) => Math.max(...rows.filter((r) => r.length > 2).map((r) => r[i]?.length ?? 0)));
  for (const row of rows)
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    );
  for (const failure of failures) console.log(`FAILED ${failure}`);
  console.log(`${passed} passed, ${failures.length} failed`);
  if (failures.length > 0) process.exitCode = 1;
}

// The engines are in process groups of their own, which a Ctrl-C does not reach.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    for (const runner of live) stop(runner);
    process.exit(1);
  });

await main();
