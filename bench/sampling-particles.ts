/** Bits that sampled continuations of a prompt add to its deflate code, by sampler and number of particles. */
import { ancestral } from '../src/sampling/ancestral.ts';
import { beamSearch } from '../src/sampling/beam.ts';
import { DeflateOracle } from '../src/sampling/deflate.ts';
import { type Resampling, sampleParticles } from '../src/sampling/particles.ts';

/** One sampler, over all seeds. */
export interface ParticleRow {
  sampler: 'one-step' | Resampling;
  /** What one-step sampling counts. */
  unit: 'bits' | 'bytes';
  /** 1 where there are none. */
  particles: number;
  /** Extra bits of a sample: mean and its standard error. */
  extra: number;
  error: number;
  /** Of particles: mean effective sample size at the end, over the particles. */
  effective: number | null;
  /** Mean of the estimates of log2 Z, their variance, and log2 of the mean of Z. */
  log2Z: { mean: number; variance: number; ofMean: number } | null;
  /** Seconds of processor time a sample. */
  seconds: number;
}

/** One prime of the part `particles` of bench/results/sampling.json. */
export interface ParticleResults {
  /** The prompt's file and how many of its first bytes it is. */
  prime: string;
  bytes: number;
  /** Bytes of a continuation. */
  length: number;
  seeds: number;
  rows: ParticleRow[];
  /** The greedy search, which takes the shortest code byte by byte: what it writes, and its extra bits after `length`. */
  greedy: { unit: 'bits' | 'bytes'; text: string; extra: number }[];
  /** The best string that a beam as wide as the most particles finds, and its extra bits. */
  beam: { text: string; extra: number };
}

/** What is written of bytes: each is one character. */
const shown = (symbols: ArrayLike<number>) => String.fromCharCode(...Array.from(symbols));

/** Bits that some bytes add. */
function extraBits(oracle: DeflateOracle, symbols: ArrayLike<number>): number {
  const before = oracle.bits();
  const mark = oracle.mark();
  for (let i = 0; i < symbols.length; i++) oracle.push(symbols[i]);
  const extra = oracle.bits() - before;
  oracle.rollback(mark);
  return extra;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
function variance(values: readonly number[]): number {
  const middle = mean(values);
  return values.length < 2 ? 0 : values.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (values.length - 1);
}

/** log2 of the mean of powers of two. */
function log2Mean(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return most + Math.log2(mean(logs.map((log) => 2 ** (log - most))));
}

/** All seeds of one sampler. */
function row(
  sampler: ParticleRow['sampler'],
  unit: ParticleRow['unit'],
  particles: number,
  seeds: number,
  sample: (seed: number) => { extra: number; effective?: number; log2Z?: number },
): ParticleRow {
  const start = process.cpuUsage();
  const samples = Array.from({ length: seeds }, (_, seed) => sample(seed));
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6 / seeds;
  const extras = samples.map(({ extra }) => extra);
  const logs = samples.flatMap(({ log2Z }) => log2Z ?? []);
  const sizes = samples.flatMap(({ effective }) => effective ?? []);
  return {
    sampler,
    unit,
    particles,
    extra: mean(extras),
    error: Math.sqrt(variance(extras) / seeds),
    effective: sizes.length === 0 ? null : mean(sizes),
    log2Z: logs.length === 0 ? null : { mean: mean(logs), variance: variance(logs), ofMean: log2Mean(logs) },
    seconds,
  };
}

/** Measures all samplers. */
export function measureParticles(
  prime: Uint8Array,
  title: string,
  sizes: readonly number[],
  seeds: number,
  progress: (text: string) => void,
): ParticleResults {
  const length = 24;
  const oracle = new DeflateOracle();
  for (const byte of prime) oracle.push(byte);
  const rows: ParticleRow[] = [];
  for (const unit of ['bytes', 'bits'] as const) {
    progress(`one-step sampling in ${unit}`);
    rows.push(
      row('one-step', unit, 1, seeds, (seed) => {
        const symbols = [...ancestral(oracle, [], { n: length, unit, seed })].flatMap((one) => [...one.symbols]);
        return { extra: extraBits(oracle, symbols) };
      }),
    );
  }
  for (const resampling of ['optimal', 'systematic', 'multinomial'] as const)
    for (const particles of sizes) {
      progress(`${particles} particles, ${resampling}`);
      const one = row(resampling, 'bits', particles, seeds, (seed) => {
        const { sample, log2Z, effectiveSampleSize } = sampleParticles(oracle, [], {
          n: length,
          particles,
          resampling,
          seed,
        });
        return { extra: extraBits(oracle, sample.tokens), effective: effectiveSampleSize, log2Z };
      });
      rows.push(one);
    }
  progress('greedy, and a beam');
  const greedy = (['bits', 'bytes'] as const).map((unit) => {
    const found = beamSearch(oracle, [], { n: 60, width: 1, unit }).completions[0].symbols;
    return { unit, text: shown(found), extra: extraBits(oracle, found.slice(0, length)) };
  });
  const best = beamSearch(oracle, [], { n: length, width: Math.max(...sizes) }).completions[0].symbols;
  const beam = { text: shown(best), extra: extraBits(oracle, best) };
  return { prime: title, bytes: prime.length, length, seeds, rows, greedy, beam };
}
