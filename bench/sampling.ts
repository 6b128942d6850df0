/**
 * `npm run bench:sampling [-- --corpus FOLDER] [--prime FILE[:BYTES]]... [--only PARTS] [--seeds N]
 * [--particles 1,4,...] [--positions N] [--out FILE] [--smoke]`
 *
 * Codecs as models: what a candidate costs, beside compressing everything again; symbols a second of exact sampling;
 * bits that sampled continuations add, by the number of particles; and how many random bits are a deflate code.
 *
 * The text is alice29.txt of the Canterbury corpus in FOLDER, and without it a file that TypeScript's package has. The
 * prime is the first BYTES, 12,000 unless given, of a file; there may be several. `--only candidates,speed,particles,codes`
 * measures some parts and keeps what the file of results has of the others, and of other primes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { deflateRaw } from 'pako';
import { deflateCode, gifCode, type KraftEstimate, kraftSum, rleCode } from '../src/sampling/canonical.ts';
import { type Machine, machine } from './measure.ts';
import { type CandidateResults, measureCandidates } from './sampling-candidates.ts';
import { measureParticles, type ParticleResults } from './sampling-particles.ts';
import { measureSpeed, type SpeedResults } from './sampling-speed.ts';
import { table } from './table.ts';

/** When and where a part was measured, and with what. */
export interface Measured {
  date: string;
  machine: Machine;
  versions: { pako: string; zlib: string };
}

/** How many random bits are codes. */
export interface CodeResults {
  rows: ({ code: string } & KraftEstimate)[];
}

/** What is written to bench/results/sampling.json. */
export interface SamplingResults {
  candidates?: CandidateResults & Measured;
  speed?: SpeedResults & Measured;
  particles?: { primes: ParticleResults[] } & Measured;
  codes?: CodeResults & Measured;
}

const root = join(import.meta.dirname, '..');
const fallback = join(root, 'node_modules/typescript/lib/lib.dom.d.ts');
const progress = (text: string) => process.stderr.write(`${text}\n`);

function find(corpus: string | undefined, name: string): string | undefined {
  if (corpus === undefined) return undefined;
  return ['', 'canterbury'].map((folder) => join(corpus, folder, name)).find((path) => existsSync(path));
}

/** The first bytes of a file: `FILE` or `FILE:BYTES`. */
function readPrime(named: string): { title: string; bytes: Uint8Array } {
  const [, path, count = '12000'] = /^(.*?)(?::(\d+))?$/s.exec(named) as unknown as [string, string, string?];
  const all = new Uint8Array(readFileSync(path));
  if (all.length < Number(count)) throw new Error(`${path} has ${all.length} bytes, fewer than ${count}`);
  return { title: basename(path), bytes: all.subarray(0, Number(count)) };
}

function measureCodes(tries: number): CodeResults {
  const codes = {
    'raw deflate, as zlib writes it at level 6': deflateCode((bytes) =>
      deflateRaw(bytes, { level: 6, legacyHash: true }),
    ),
    'LZW as GIF has it, 4 symbols': gifCode({ alphabetSize: 4 }),
    'run lengths, 4 symbols': rleCode({ alphabetSize: 4 }),
  };
  const rows = Object.entries(codes).map(([code, one]) => {
    progress(`random bits: ${code}`);
    return { code, ...kraftSum(one, { tries, seed: 1 }) };
  });
  return { rows };
}

const percent = (value: number) => `${(100 * value).toFixed(3)} %`;

function printed({ candidates, speed, particles, codes }: SamplingResults): string {
  const parts: string[] = [];
  if (candidates !== undefined) {
    parts.push(
      `Deflate, level ${candidates.level}, ${candidates.text}: microseconds a candidate, 256 candidates`,
      table(
        ['prompt', 'ours', 'one by one', 'Node', 'pako', 'times Node', 'tokens/s', 'Node', 'pako', 'times Node'],
        candidates.rows.map(({ prompt, ours, single, node, pako, tokens }) => [
          String(prompt),
          ours.toFixed(2),
          single.toFixed(2),
          node.toFixed(1),
          pako.toFixed(1),
          (node / ours).toFixed(1),
          tokens.ours.toFixed(0),
          tokens.node.toFixed(1),
          tokens.pako.toFixed(1),
          (tokens.ours / tokens.node).toFixed(1),
        ]),
      ),
      table(
        ['other codecs', ...candidates.rows.map(({ prompt }) => String(prompt))],
        candidates.others.map(({ oracle, microseconds }) => [oracle, ...microseconds.map((one) => one.toFixed(3))]),
      ),
    );
  }
  if (speed !== undefined)
    parts.push(
      `Exact sampling after ${speed.primed} bytes of ${speed.text}`,
      table(
        ['model', 'by', 'symbols a second', 'learnt'],
        speed.rows.map(({ model, by, rate, learnt }) => [
          model,
          by,
          Math.round(rate).toLocaleString('en'),
          Math.round(learnt).toLocaleString('en'),
        ]),
      ),
    );
  for (const { rows, greedy, beam, prime, bytes, length, seeds } of particles?.primes ?? [])
    parts.push(
      `${length} bytes after ${bytes} of ${prime}, ${seeds} seeds`,
      table(
        ['sampler', 'particles', 'extra bits', '±', 'ESS', 'log2 Z', 'variance', 'log2 of mean Z', 's a sample'],
        rows.map(({ sampler, unit, particles, extra, error, effective, log2Z, seconds }) => [
          sampler === 'one-step' ? `one-step in ${unit}` : sampler,
          String(particles),
          extra.toFixed(1),
          error.toFixed(1),
          effective?.toFixed(1) ?? '',
          log2Z?.mean.toFixed(2) ?? '',
          log2Z?.variance.toFixed(2) ?? '',
          log2Z?.ofMean.toFixed(2) ?? '',
          seconds.toFixed(3),
        ]),
      ),
      [
        ...greedy.map(({ unit, extra, text }) => `greedy in ${unit}, ${extra} bits: ${JSON.stringify(text)}`),
        `a beam, ${beam.extra} bits: ${JSON.stringify(beam.text)}`,
      ].join('\n'),
    );
  if (codes !== undefined)
    parts.push(
      'Random bits',
      table(
        ['code', 'tries', 'decode', 'canonical', '±'],
        codes.rows.map((row) => [
          row.code,
          row.tries.toLocaleString('en'),
          percent(row.codes),
          percent(row.kraft),
          percent(row.error),
        ]),
      ),
    );
  return parts.join('\n\n');
}

const { values } = parseArgs({
  options: {
    corpus: { type: 'string' },
    prime: { type: 'string', multiple: true, default: [fallback] },
    only: { type: 'string', default: 'candidates,speed,particles,codes' },
    seeds: { type: 'string' },
    particles: { type: 'string' },
    positions: { type: 'string' },
    out: { type: 'string', default: 'bench/results/sampling.json' },
    smoke: { type: 'boolean', default: false },
  },
});
const { smoke } = values;
const count = (named: string | undefined, otherwise: number) => {
  const found = Number(named ?? otherwise);
  if (!(Number.isInteger(found) && found > 0)) throw new Error(`a whole number from 1, not ${named}`);
  return found;
};
const textPath = find(values.corpus, 'alice29.txt') ?? fallback;
const text = new Uint8Array(readFileSync(textPath));
const title = basename(textPath);

const wanted = values.only.split(',');
const versionOf = (name: string) =>
  JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version as string;
const kept: SamplingResults =
  wanted.length < 4 && existsSync(values.out) ? JSON.parse(readFileSync(values.out, 'utf8')) : {};

const parts: {
  [Part in keyof Required<SamplingResults>]: () => Omit<Required<SamplingResults>[Part], keyof Measured>;
} = {
  candidates: () => {
    const positions = count(values.positions, smoke ? 8 : 80);
    return measureCandidates(text, title, smoke ? [500, 2000] : [500, 2000, 30_000], positions, progress);
  },
  speed: () => measureSpeed(text, title, smoke ? 1 : 3, smoke ? 0.01 : 1, progress),
  particles: () => {
    const seeds = count(values.seeds, smoke ? 2 : 50);
    const sizes = values.particles?.split(',').map((one) => count(one, 1)) ?? (smoke ? [1, 4] : [1, 4, 16, 64, 256]);
    const primes = values.prime
      .map(readPrime)
      .map(({ title, bytes }) => measureParticles(bytes, title, sizes, seeds, progress));
    const others = kept.particles?.primes.filter((one) => primes.every(({ prime }) => prime !== one.prime));
    return { primes: [...primes, ...(others ?? [])] };
  },
  codes: () => measureCodes(smoke ? 2000 : 1_000_000),
};

for (const part of wanted)
  if (!Object.hasOwn(parts, part))
    throw new Error(`--only names some of ${Object.keys(parts).join(', ')}, not ${part}`);
const results: SamplingResults = { ...kept };
for (const [part, measure] of Object.entries(parts)) {
  if (!wanted.includes(part)) continue;
  const measured: Measured = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    versions: { pako: versionOf('pako'), zlib: process.versions.zlib },
  };
  Object.assign(results, { [part]: { ...measured, ...measure() } });
  // After every part, so that a long run that is stopped leaves what it has.
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
}
console.log(printed(results));
