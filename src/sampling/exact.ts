/**
 * Exact sampling: a model's own code, fed with random bits, decodes to samples of the model.
 *
 * That needs a decoder to which every sequence of bits means something, each sequence as much as it should. The chain
 * coder's is one: it takes 24 fresh bits a symbol and looks up whose interval holds them, so that a symbol with n of the
 * 2^24 units comes with probability n / 2^24 to the last bit (Bamler, arXiv:2201.01741, 2022). For a model of bits the
 * same is 16 fresh bits a bit. The range decoder is not one: where it cuts its range into units of floor(range / 2^24),
 * the rest of the division belongs to nobody, and random bits fall into it about every 10,000 symbols. An ANS decoder
 * carries what a symbol leaves over into the next, which makes the next a little dependent on it.
 *
 * A prompt is a condition, and costs nothing: the model learns it first.
 */
import type { ChainCoder } from '../coders/chain.ts';
import { typeError } from '../errors.ts';
import { Random } from '../kernels/random.ts';
import { Prediction } from '../sequence/coding.ts';
import { type BitModel, checkSymbol, type SequenceModel, symbolAt } from '../sequence/model.ts';
import { checkCount, type Distribution } from './choices.ts';
import { isBitModel, isModel, isOracle, type Prompt, promptSymbols, pushAll } from './oracle.ts';

/** Options of exact samplers. */
export interface ExactOptions {
  /** What the model learns first: symbols, or a text, which stands for its UTF-8 bytes. It is not given back. */
  readonly prompt?: Prompt;
  /** Seed of the random bits. Default 0. */
  readonly seed?: number;
  /**
   * Leaves the model with the sample learnt, and marks nothing: the fast way for long samples. Default false: the model
   * ends as it began.
   */
  readonly keep?: boolean;
}

/** What an exact sampler gives back. */
export interface ExactSample {
  /** Encoder's, decoder's and one-step distribution are one. */
  readonly distribution: Distribution;
  /** The symbols: a Uint16Array where the alphabet has more than 256. */
  readonly symbols: Uint8Array | Uint16Array;
}

/**
 * Random numbers of 24 bits as a chain coder reads them from words: three words give their low 24 bits one by one, and
 * the three highest bytes are the fourth number.
 */
export class Quantiles {
  private readonly random: Random;
  private rest = 0;
  private words = 0;

  /** @param seed - A whole number from 0. */
  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** The next number, 0 to 2^24 - 1. */
  next(): number {
    if (this.words === 3) {
      this.words = 0;
      const { rest } = this;
      this.rest = 0;
      return rest;
    }
    const word = this.random.next();
    this.rest = (this.rest << 8) | (word >>> 24);
    this.words++;
    return word & 0xffffff;
  }
}

/** Random numbers of 16 bits: the low half of a word, then its high half. */
export class Halves {
  private readonly random: Random;
  private word = 0;
  private half = false;

  /** @param seed - A whole number from 0. */
  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** The next number, 0 to 65,535. */
  next(): number {
    if (!this.half) this.word = this.random.next();
    const fresh = this.half ? this.word >>> 16 : this.word & 0xffff;
    this.half = !this.half;
    return fresh;
  }
}

/** @throws TypeError (`invalid-type`) for what is no model of symbols: what to call instead. */
function checkModel(model: SequenceModel): void {
  if (isOracle(model))
    throw typeError(
      'exact samples are those of a model of sequences, and this is a codec that has only lengths: call ancestral or ' +
        "sampleParticles, or give a ModelOracle's model",
    );
  if (isModel(model)) return;
  throw typeError(
    isBitModel(model)
      ? 'this is a model of bits: call exactBits'
      : 'exact samples are those of a SequenceModel: of a named codec give its model',
  );
}

/** @throws TypeError (`invalid-type`) for what is no model of bits: what to call instead. */
function checkBitModel(model: BitModel): void {
  if (isBitModel(model)) return;
  throw typeError(
    isOracle(model)
      ? 'this is a codec that has only lengths, and no model of bits: call ancestral or sampleParticles'
      : isModel(model)
        ? 'this is a model of symbols, and not of bits: call exactSample'
        : 'exactBits samples a BitModel: of a named codec give its bitModel, where it has one',
  );
}

const symbolsFor = (alphabetSize: number, n: number) => (alphabetSize > 256 ? new Uint16Array(n) : new Uint8Array(n));

/**
 * Samples symbols of a model, exactly: what {@link chainDecode} decodes from random words, at full speed. A symbol costs
 * the model's prediction and update and next to nothing else.
 *
 * @param model - A model in any state: what it has learnt is a condition.
 * @param n - How many symbols.
 * @throws RangeError for a count that is no whole number, or a prompt that the alphabet lacks.
 * @throws TypeError (`invalid-type`) for what is no model of sequences: codecs that have only lengths above all.
 * @example
 * const model = pushAll(new Lz78Model(), corpus);
 * exactSample(model, 1000, { prompt: 'It was ', seed: 1 }).symbols;
 */
export function exactSample(model: SequenceModel, n: number, options: ExactOptions = {}): ExactSample {
  checkModel(model);
  checkCount('n', n, 0, 2 ** 32);
  const symbols = symbolsFor(model.alphabetSize, n);
  const { prompt = [], seed = 0, keep = false } = options;
  const mark = keep ? undefined : model.mark();
  try {
    pushAll(model, prompt);
    fill(model, symbols, new Quantiles(seed));
  } finally {
    if (mark !== undefined) model.rollback(mark);
  }
  return { distribution: 'exact', symbols };
}

function fill(model: SequenceModel, symbols: Uint8Array | Uint16Array, quantiles: Quantiles): void {
  if (model.symbolAt !== undefined) {
    for (let i = 0; i < symbols.length; i++) {
      const symbol = model.symbolAt(quantiles.next());
      model.update(symbol);
      symbols[i] = symbol;
    }
    return;
  }
  const { alphabetSize } = model;
  const cuts = new Uint32Array(alphabetSize + 1);
  for (let i = 0; i < symbols.length; i++) {
    model.intervals(cuts);
    const symbol = symbolAt(cuts, quantiles.next(), alphabetSize);
    model.update(symbol);
    symbols[i] = symbol;
  }
}

/**
 * The same symbols one by one, without end: for texts that are shown as they come.
 *
 * @param model - A model in any state. Once the generator is ended it is as it was, unless `keep` is set.
 * @throws RangeError for a prompt that the alphabet lacks, TypeError for what is no model: see {@link exactSample}.
 * @example
 * for (const byte of exactStream(model, { seed: 1 })) if (!write(byte)) break;
 */
export function* exactStream(model: SequenceModel, options: ExactOptions = {}): Generator<number, void, undefined> {
  checkModel(model);
  const { prompt = [], seed = 0, keep = false } = options;
  const quantiles = new Quantiles(seed);
  const cuts = new Uint32Array(model.alphabetSize + 1);
  const mark = keep ? undefined : model.mark();
  try {
    pushAll(model, prompt);
    for (;;) {
      const quantile = quantiles.next();
      let symbol: number;
      if (model.symbolAt !== undefined) {
        symbol = model.symbolAt(quantile);
      } else {
        model.intervals(cuts);
        symbol = symbolAt(cuts, quantile, model.alphabetSize);
      }
      model.update(symbol);
      yield symbol;
    }
  } finally {
    if (mark !== undefined) model.rollback(mark);
  }
}

/** Options of {@link exactBits}. */
export interface ExactBitsOptions {
  /** Bits of a symbol, most significant first: 1 to 16. Default 8, bytes. */
  readonly width?: number;
  /** What the model learns first: symbols, or a text, which stands for its UTF-8 bytes. It is not given back. */
  readonly prompt?: Prompt;
  /** Seed of the random bits. Default 0. */
  readonly seed?: number;
}

/**
 * Samples symbols of a model of bits, exactly: a bit is 1 when 16 fresh random bits, as a number, are less than the
 * model's 65536 P(1). The model learns the prompt and the sample.
 *
 * @param n - How many symbols.
 * @throws RangeError for options out of range.
 * @throws TypeError (`invalid-type`) for what is no model of bits.
 * @example
 * exactBits(new OnlineModel(), 100, { seed: 1 }).symbols;
 */
export function exactBits(model: BitModel, n: number, options: ExactBitsOptions = {}): ExactSample {
  checkBitModel(model);
  const { width = 8, seed = 0 } = options;
  const prompt = promptSymbols(options.prompt ?? []);
  checkCount('n', n, 0, 2 ** 32);
  checkCount('width', width, 1, 16);
  const symbols = symbolsFor(2 ** width, n);
  for (let i = 0; i < prompt.length; i++) checkSymbol(prompt[i], 2 ** width);
  for (let i = 0; i < prompt.length; i++)
    for (let bit = width - 1; bit >= 0; bit--) model.update((prompt[i] >> bit) & 1);
  const halves = new Halves(seed);
  for (let i = 0; i < n; i++) {
    let symbol = 0;
    for (let bit = 0; bit < width; bit++) {
      const one = halves.next() < model.predict() ? 1 : 0;
      model.update(one);
      symbol = (symbol << 1) | one;
    }
    symbols[i] = symbol;
  }
  return { distribution: 'exact', symbols };
}

/**
 * Decodes symbols of a model from the data of a chain coder, 24 bits each, whatever the data: random words decode to an
 * exact sample, and other data to a text in which it hides. {@link chainEncode} gives it back.
 *
 * @param model - A model in any state; afterwards it has learnt the symbols.
 * @param n - How many symbols.
 * @throws SurprisalError (`out-of-data`) when the coder has fewer than 24 n bits; both then have decoded what it had.
 * @example
 * const coder = new ChainCoder(words, { seal: true });
 * const text = chainDecode(coder, new Lz78Model(), 40);
 */
export function chainDecode(coder: ChainCoder, model: SequenceModel, n: number): Uint8Array | Uint16Array {
  checkCount('n', n, 0, 2 ** 32);
  const symbols = symbolsFor(model.alphabetSize, n);
  const prediction = new Prediction(model.alphabetSize);
  for (let i = 0; i < n; i++) {
    model.intervals(prediction.cuts);
    symbols[i] = coder.decode(prediction);
    model.update(symbols[i]);
  }
  return symbols;
}

/**
 * Undoes {@link chainDecode}: gives the coder back the data that the symbols were decoded from.
 *
 * @param coder - A coder with the remainders of the decoding.
 * @param model - A model in the state that the decoder's had; afterwards it has learnt the symbols.
 * @throws RangeError for a symbol that the alphabet lacks.
 * @throws SurprisalError (`out-of-data`) when the coder has too few remainders.
 * @example
 * const [, remainders] = coder.getRemainders();
 * const back = new ChainCoder(remainders, { isRemainders: true });
 * chainEncode(back, new Lz78Model(), text);
 */
export function chainEncode(coder: ChainCoder, model: SequenceModel, symbols: ArrayLike<number>): void {
  const { alphabetSize } = model;
  for (let i = 0; i < symbols.length; i++) checkSymbol(symbols[i], alphabetSize);
  // The coder goes backwards, the model forwards: what it predicted is kept, two numbers a symbol.
  const kept = new Uint32Array(2 * symbols.length);
  const cuts = new Uint32Array(alphabetSize + 1);
  for (let i = 0; i < symbols.length; i++) {
    model.intervals(cuts);
    kept[2 * i] = cuts[symbols[i]];
    kept[2 * i + 1] = cuts[symbols[i] + 1];
    model.update(symbols[i]);
  }
  const prediction = new Prediction(1);
  for (let i = symbols.length - 1; i >= 0; i--) {
    prediction.cuts[0] = kept[2 * i];
    prediction.cuts[1] = kept[2 * i + 1];
    coder.encodeReverse(0, prediction);
  }
}
