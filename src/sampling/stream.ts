/** Samples of a named codec, symbol by symbol, in the fastest way that is right for it. */
import { Random } from '../kernels/random.ts';
import { type SequenceModel, symbolAt, type UndoableBitModel } from '../sequence/model.ts';
import { type AncestralOptions, ancestral, type Shape } from './ancestral.ts';
import { checkCount, type Distribution } from './choices.ts';
import { type Constraint, deadEnd, mayEnd, stateAfter } from './constraints.ts';
import { Halves, Quantiles } from './exact.ts';
import type { OpenCodec } from './named.ts';
import { surprisal } from './oracle.ts';
import { log2 } from './powers.ts';

/** Options of {@link sampleStream}. */
export interface StreamOptions extends Shape {
  /** Bytes to sample; fewer only where a constraint lets the text end and go no further. */
  readonly n: number;
  /** What may follow what: of bytes. */
  // biome-ignore lint/suspicious/noExplicitAny: the state is the constraint's own affair
  readonly constraint?: Constraint<any>;
  /** A whole number from 0. Default 0. */
  readonly seed?: number;
}

/** How a stream is sampled, and its bytes. */
export interface SampleStream {
  /** `exact` for models sampled as they are, `one-step` for all else. */
  readonly distribution: Distribution;
  /** The bytes, one at a time. The codec has learnt those that were given out. */
  readonly bytes: Generator<number, void, undefined>;
  /** Bits that the bytes so far take under the codec; less than none where a code's end gets cheaper. */
  bits(): number;
}

/** Draws that are thrown away before the distribution is asked for instead. */
const PATIENCE = 64;

/**
 * Samples bytes of a codec in whatever state it is. Models whose distribution is not reshaped decode random bits: 24 a
 * byte, or 16 a bit for models of bits; what a constraint forbids is drawn again, which is the one-step distribution
 * given that it is allowed. Everything else is sampled by its lengths.
 *
 * The same seed gives the same bytes everywhere. Without a constraint they are those of {@link exactBits} for models of
 * bits that are sampled as they are, and of {@link exactSample} and {@link exactStream} for all other models.
 *
 * @throws RangeError for options out of range.
 * @throws SurprisalError (`impossible-symbol`), while it runs, where the constraint allows nothing.
 * @example
 * const { bytes } = sampleStream(await openCodec('ppm'), { n: 100, seed: 1 });
 */
export function sampleStream(codec: OpenCodec, options: StreamOptions): SampleStream {
  checkCount('n', options.n, 0);
  const { n, constraint, seed, ...shape } = options;
  const reshaped = Object.entries(shape).some(([name, value]) => value !== undefined && value !== neutral[name]);
  const { model, bitModel } = codec;
  if (model === undefined || reshaped) {
    const given: AncestralOptions = { ...options, keep: true };
    const before = codec.oracle.bits();
    return {
      distribution: 'one-step',
      bytes: bytesOf(ancestral(codec.oracle, [], given)),
      bits: () => codec.oracle.bits() - before,
    };
  }
  const cost = { bits: 0 };
  return {
    distribution: constraint === undefined ? 'exact' : 'one-step',
    bytes: bitModel === undefined ? bySymbols(model, options, cost) : byBits(model, bitModel, options, cost),
    bits: () => cost.bits,
  };
}

/** Values that change nothing. */
const neutral: Readonly<Record<string, number>> = {
  temperature: 1,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
};

function* bytesOf(sampled: Iterable<{ readonly symbols: readonly number[] }>): Generator<number, void, undefined> {
  for (const { symbols } of sampled) yield* symbols;
}

/** The constraint's states along a stream. */
class Guard {
  private readonly constraint: Constraint;
  private state: unknown;
  private after: unknown;

  constructor(constraint: Constraint) {
    this.constraint = constraint;
    this.state = stateAfter(constraint, []);
  }

  /** Whether a byte may come, when so many may with it. */
  allows(byte: number, left: number): boolean {
    const { constraint } = this;
    this.after = constraint.step(this.state, byte);
    if (this.after === undefined) return false;
    return constraint.shortest === undefined || constraint.shortest(this.after) <= left - 1;
  }

  /** The byte last asked for has come. */
  take(): void {
    this.state = this.after;
  }

  /** Where nothing may come: the text is at its end, or stuck. */
  end(position: number): void {
    if (!mayEnd(this.constraint, this.state)) throw deadEnd(position);
  }
}

/** Bits that were spent so far. */
interface Cost {
  bits: number;
}

function* bySymbols(model: SequenceModel, options: StreamOptions, cost: Cost): Generator<number, void, undefined> {
  const { n, seed = 0 } = options;
  const { constraint } = options;
  const cuts = new Uint32Array(model.alphabetSize + 1);
  if (constraint === undefined) {
    const quantiles = new Quantiles(seed);
    for (let i = 0; i < n; i++) {
      model.intervals(cuts);
      const symbol = symbolAt(cuts, quantiles.next(), model.alphabetSize);
      model.update(symbol);
      cost.bits += surprisal(cuts[symbol + 1] - cuts[symbol]);
      yield symbol;
    }
    return;
  }
  const random = new Random(seed);
  const guard = new Guard(constraint);
  for (let i = 0; i < n; i++) {
    model.intervals(cuts);
    let symbol = -1;
    for (let draw = 0; draw < PATIENCE && symbol < 0; draw++) {
      const quantile = random.next() >>> 8;
      const drawn = symbolAt(cuts, quantile, model.alphabetSize);
      if (guard.allows(drawn, n - i)) symbol = drawn;
    }
    if (symbol < 0) symbol = fromAllowed(model, cuts, guard, n - i, random);
    if (symbol < 0) return guard.end(i);
    guard.take();
    model.update(symbol);
    cost.bits += surprisal(cuts[symbol + 1] - cuts[symbol]);
    yield symbol;
  }
}

function* byBits(
  model: SequenceModel,
  bits: UndoableBitModel,
  options: StreamOptions,
  cost: Cost,
): Generator<number, void, undefined> {
  const { n, seed = 0, constraint } = options;
  let spent = 0;
  const draw = (fresh: () => number): number => {
    let symbol = 0;
    spent = 0;
    for (let bit = 0; bit < 8; bit++) {
      const p = bits.predict();
      const one = fresh() < p ? 1 : 0;
      spent -= log2((one === 1 ? p : 65536 - p) / 65536);
      bits.update(one);
      symbol = 2 * symbol + one;
    }
    return symbol;
  };
  if (constraint === undefined) {
    const halves = new Halves(seed);
    for (let i = 0; i < n; i++) {
      const symbol = draw(() => halves.next());
      cost.bits += spent;
      yield symbol;
    }
    return;
  }
  const random = new Random(seed);
  const guard = new Guard(constraint);
  const cuts = new Uint32Array(model.alphabetSize + 1);
  for (let i = 0; i < n; i++) {
    let symbol = -1;
    for (let attempt = 0; attempt < PATIENCE && symbol < 0; attempt++) {
      const mark = bits.mark();
      let taken = false;
      try {
        const drawn = draw(() => random.next() >>> 16);
        taken = guard.allows(drawn, n - i);
        if (taken) symbol = drawn;
      } finally {
        if (taken) bits.release(mark);
        else bits.rollback(mark);
      }
    }
    if (symbol < 0) {
      symbol = fromAllowed(model, cuts, guard, n - i, random);
      if (symbol < 0) return guard.end(i);
      spent = surprisal(cuts[symbol + 1] - cuts[symbol]);
      model.update(symbol);
    }
    guard.take();
    cost.bits += spent;
    yield symbol;
  }
}

/** Draws from what is allowed, by its share; -1 where nothing is. The guard then holds the state after it. */
function fromAllowed(model: SequenceModel, cuts: Uint32Array, guard: Guard, left: number, random: Random): number {
  model.intervals(cuts);
  const allowed: number[] = [];
  let sum = 0;
  for (let symbol = 0; symbol < model.alphabetSize; symbol++) {
    if (!guard.allows(symbol, left)) continue;
    allowed.push(symbol);
    sum += cuts[symbol + 1] - cuts[symbol];
  }
  if (allowed.length === 0) return -1;
  let point = random.below(sum);
  let chosen = allowed[allowed.length - 1];
  for (const symbol of allowed) {
    const units = cuts[symbol + 1] - cuts[symbol];
    if (point < units) {
      chosen = symbol;
      break;
    }
    point -= units;
  }
  guard.allows(chosen, left);
  return chosen;
}
