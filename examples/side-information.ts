/**
 * Bits-back coding with inference and quantisation at decoding time: what a ChainCoder is for.
 *
 *     npx tsx examples/side-information.ts
 *
 * In a project of your own, import from 'surprisal/coders/chain.js' and so on in place of '../src/'.
 *
 * 200 instruments gave 12 readings each. A reading is the instrument's own level plus noise with heavy tails (Laplace);
 * nobody knows the levels. A sender who writes down a level for each instrument pays for it, and pays more the finer
 * the levels are quantised. Bits-back coding gets this back (Wallace 1990; Townsend, Bird and Barber, arXiv:1901.04866,
 * 2019): the sender lets other data that has to be sent anyway, the side information, choose the levels, by decoding it
 * with the posterior of the levels given the readings. The receiver reads levels and readings, infers the same
 * posterior, which takes nothing but the readings, and encodes the levels with it: that is the side information again.
 *
 * The decoding is done by a ChainCoder (Bamler, arXiv:2201.01741, 2022), which takes 24 bits of the side information
 * for every level, whatever its posterior. So a level depends on its own posterior alone. With an AnsCoder a posterior
 * that is refined by one step of inference changes all levels decoded after it, and no sender could say what the
 * refinement was worth.
 */
import { AnsCoder } from '../src/coders/ans.ts';
import { ChainCoder } from '../src/coders/chain.ts';
import { exp, log } from '../src/kernels/math.ts';
import { Categorical } from '../src/models/categorical.ts';
import type { EntropyModel } from '../src/models/model.ts';
import { QuantizedGaussian, QuantizedLaplace } from '../src/models/quantized.ts';

/** What sender and receiver agree on before any data. */
export interface Setup {
  readonly instruments: number;
  /** Readings of each instrument. */
  readonly readings: number;
  /** Standard deviation of the levels, whose mean is 0. */
  readonly spread: number;
  /** Scale of the Laplace noise. */
  readonly noise: number;
  /** Levels are multiples of 1 / steps. */
  readonly steps: number;
}

/** Levels are from -REACH to REACH; place i of the grid is the level i / steps - REACH. */
const REACH = 200;
const lastPlace = ({ steps }: Setup): number => 2 * REACH * steps;

const prior = (setup: Setup): EntropyModel =>
  new QuantizedGaussian(0, lastPlace(setup), REACH * setup.steps, setup.spread * setup.steps);

const likelihood = ({ noise, steps }: Setup, place: number): EntropyModel =>
  new QuantizedLaplace(-1000, 1000, place / steps - REACH, noise);

/** Infers a posterior of an instrument's place on the grid from its readings alone. */
export type Inference = (readings: Int32Array, setup: Setup) => EntropyModel;

const medianOf = (readings: Int32Array): number => {
  const sorted = readings.toSorted();
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** A Gaussian about the median: fast, and not quite the posterior. */
export const quick: Inference = (readings, setup) => {
  const { noise, steps } = setup;
  const width = (noise * steps) / Math.sqrt(readings.length);
  return new QuantizedGaussian(0, lastPlace(setup), (medianOf(readings) + REACH) * steps, width);
};

/** Bayes' rule at every place of the grid. The package's exp has the same bits for the sender and for the receiver. */
export const thorough: Inference = (readings, setup) => {
  const { noise, spread, steps } = setup;
  const logs = Float64Array.from({ length: lastPlace(setup) + 1 }, (_, place) => {
    const level = place / steps - REACH;
    let sum = (-level * level) / (2 * spread * spread);
    for (const x of readings) sum -= Math.abs(x - level) / noise;
    return sum;
  });
  const most = logs.reduce((a, b) => Math.max(a, b));
  return new Categorical(
    logs.map((x) => exp(x - most)),
    { perfect: false },
  );
};

/** Codes the readings, with levels that the side information chooses. */
export function send(data: readonly Int32Array[], side: Uint32Array, infer: Inference, setup: Setup): Uint32Array {
  const posteriors = data.map((readings) => infer(readings, setup));
  const chain = new ChainCoder(side, { seal: true });
  const places = chain.decode(posteriors);
  // What is left of the side information lies at the bottom of the message.
  const [untouched, remainders] = chain.getRemainders();
  const message = new AnsCoder(Uint32Array.of(...untouched, ...remainders));
  for (let i = data.length - 1; i >= 0; i--) message.encodeReverse(data[i], likelihood(setup, places[i]));
  message.encodeReverse(places, prior(setup));
  return message.getCompressed();
}

/** The readings and the side information again. */
export function receive(words: Uint32Array, infer: Inference, setup: Setup): { data: Int32Array[]; side: Uint32Array } {
  const message = new AnsCoder(words);
  const places = message.decode(prior(setup), setup.instruments);
  const data = [...places].map((place) => message.decode(likelihood(setup, place), setup.readings));
  // The receiver infers as the sender did, from the readings.
  const posteriors = data.map((readings) => infer(readings, setup));
  const chain = new ChainCoder(message.getCompressed(), { isRemainders: true });
  chain.encodeReverse(places, posteriors);
  const [first, second] = chain.getData({ unseal: true });
  return { data, side: Uint32Array.of(...first, ...second) };
}

const interval = { left: 0, probability: 0 };

/** The information content of a symbol, in bits. */
function bitsOf(model: EntropyModel, symbol: number): number {
  model.interval(symbol, interval);
  return 24 - log(interval.probability) / Math.LN2;
}

/** Bits that an instrument's readings and its place take together. */
function jointBits(readings: Int32Array, place: number, setup: Setup): number {
  const model = likelihood(setup, place);
  return readings.reduce((sum, x) => sum + bitsOf(model, x), bitsOf(prior(setup), place));
}

/** -log2 p(readings), summed over the places that matter; and the joint bits of the best place. */
function evidence(readings: Int32Array, setup: Setup): { ideal: number; best: number } {
  const middle = Math.round((medianOf(readings) + REACH) * setup.steps);
  const reach = Math.round(4 * setup.noise * setup.steps);
  const joint: number[] = [];
  for (let place = middle - reach; place <= middle + reach; place++) joint.push(jointBits(readings, place, setup));
  const best = Math.min(...joint);
  const sum = joint.reduce((total, bits) => total + exp((best - bits) * Math.LN2), 0);
  return { ideal: best - log(sum) / Math.LN2, best };
}

/** Random numbers below 1, the same for every seed (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Readings as the model has them, and random words: compressed or encrypted side information looks no different. */
export function makeData(setup: Setup): { data: Int32Array[]; side: Uint32Array } {
  const random = uniform(1);
  const normal = () => Array.from({ length: 12 }, random).reduce((sum, x) => sum + x, -6);
  const exponential = () => -log(1 - random());
  const data = Array.from({ length: setup.instruments }, () => {
    const level = setup.spread * normal();
    return Int32Array.from({ length: setup.readings }, () =>
      Math.round(level + setup.noise * (exponential() - exponential())),
    );
  });
  return { data, side: Uint32Array.from({ length: 160 }, () => random() * 2 ** 32) };
}

/** What the levels cost, bit for bit, with one way to code them. */
export interface Costs {
  readonly steps: number;
  /** Bits of the readings when each instrument's best level is written down. */
  readonly written: number;
  /** Net bits with the quick and with the thorough posterior: those of the message, less those of the side information. */
  readonly quick: number;
  readonly thorough: number;
  /** -log2 of the probability of the readings. */
  readonly ideal: number;
}

/** Codes the readings in all ways, and checks that they come back, with the side information. */
export function costs(setup: Setup): Costs {
  const { data, side } = makeData(setup);
  const net = (infer: Inference): number => {
    const words = send(data, side, infer, setup);
    const back = receive(words, infer, setup);
    const same =
      back.side.join() === side.join() && back.data.every((readings, i) => readings.join() === data[i].join());
    if (!same) throw new Error('what came back is not what was sent');
    return new AnsCoder(words).numValidBits() - 32 * side.length;
  };
  const each = data.map((readings) => evidence(readings, setup));
  const ideal = each.reduce((sum, one) => sum + one.ideal, 0);
  const written = each.reduce((sum, one) => sum + one.best, 0);
  return { steps: setup.steps, written, quick: net(quick), thorough: net(thorough), ideal };
}

/** What a sender sees who refines the posterior of one instrument at a time. */
export interface Refinement {
  /** Levels that change when the posterior of the first instrument is refined. */
  readonly changed: number;
  /** Bits saved by refining all posteriors. */
  readonly together: number;
  /** The sum of what each refinement alone was seen to save. */
  readonly apart: number;
}

/** Refines the posteriors, with levels decoded by a ChainCoder or by an AnsCoder. */
export function refine(coder: 'chain' | 'ans', setup: Setup): Refinement {
  const { data, side } = makeData(setup);
  const decode = (models: readonly EntropyModel[]): Int32Array =>
    coder === 'chain'
      ? new ChainCoder(side, { seal: true }).decode(models)
      : new AnsCoder(side, { seal: true }).decode(models);
  const before = data.map((readings) => quick(readings, setup));
  const after = data.map((readings) => thorough(readings, setup));
  const places = decode(before);
  const joint = data.map((readings, i) => new Map([[places[i], jointBits(readings, places[i], setup)]]));
  const total = (models: readonly EntropyModel[], at: Int32Array): number => {
    let bits = 0;
    for (const [i, place] of at.entries()) {
      if (!joint[i].has(place)) joint[i].set(place, jointBits(data[i], place, setup));
      bits += joint[i].get(place)! - bitsOf(models[i], place);
    }
    return bits;
  };
  const start = total(before, places);
  let changed = 0;
  let apart = 0;
  for (let i = 0; i < data.length; i++) {
    const models = before.with(i, after[i]);
    const now = decode(models);
    if (i === 0) changed = now.filter((place, j) => place !== places[j]).length;
    apart += start - total(models, now);
  }
  return { changed, together: start - total(after, decode(after)), apart };
}

const setups = [1, 4, 16].map((steps): Setup => ({ instruments: 200, readings: 12, spread: 40, noise: 3, steps }));

/** Everything, printed. */
export function sideInformation(print: (text: string) => void = console.log): {
  costs: Costs[];
  chain: Refinement;
  ans: Refinement;
} {
  print('Bits for 2,400 readings; the side information comes back whole.');
  print('steps a unit   levels written   quick posterior   thorough posterior      ideal');
  const all = setups.map((setup) => {
    const one = costs(setup);
    const cells = [one.written, one.quick, one.thorough, one.ideal].map((x, i) =>
      x.toFixed(0).padStart([16, 17, 20, 10][i]),
    );
    print(`${String(one.steps).padStart(12)} ${cells.join(' ')}`);
    return one;
  });
  const [chain, ans] = (['chain', 'ans'] as const).map((coder) => {
    const { changed, together, apart } = refine(coder, setups[1]);
    print(
      `${coder === 'chain' ? 'ChainCoder' : 'AnsCoder'}: refining one posterior changes ${changed} of 200 levels;` +
        ` refining all saves ${together.toFixed(1)} bits, and one by one it looks like ${apart.toFixed(1)}.`,
    );
    return { changed, together, apart };
  });
  return { costs: all, chain, ans };
}

if (typeof process !== 'undefined' && process.argv?.[1]?.replaceAll('\\', '/').endsWith('examples/side-information.ts'))
  sideInformation();
