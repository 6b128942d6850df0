/** Presets of the stream coders, and the growing arrays that they keep their words in. */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import type { EntropyModel, MixtureFamily, ModelFamily, Precision, RowFamily } from '../models/model.ts';

/**
 * Widths that a stream coder works with; both sides must use the same.
 *
 * - `default`: words of 32 bits (Uint32Array), a state of 64, probabilities of 24.
 * - `small`: words of 16 bits (Uint16Array), a state of 32, probabilities of 12. Less start-up overhead, coarser models.
 */
export type Preset = 'default' | 'small';

/** Words of a preset: Uint32Array for `default`, Uint16Array for `small`. */
export type WordArray<P extends Preset = 'default'> = P extends 'small' ? Uint16Array : Uint32Array;

/** Checks a preset's name and says whether it is the small one. */
export function isSmall(preset: Preset): boolean {
  if (preset !== 'default' && preset !== 'small') throw rangeError(`preset is 'default' or 'small', not '${preset}'`);
  return preset === 'small';
}

/** Refuses what is not an array of the preset's words. */
export function checkWords(words: Uint32Array | Uint16Array, small: boolean): void {
  if (small ? words instanceof Uint16Array : words instanceof Uint32Array) return;
  const [type, preset] = small ? ['Uint16Array', 'small'] : ['Uint32Array', 'default'];
  throw typeError(`the words of preset '${preset}' are a ${type}, not ${typeName(words)}`);
}

/** What a value is, for messages. */
export function typeName(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value;
}

/** Refuses a model whose probabilities have another width than the coder's. */
export function checkPrecision(
  model: EntropyModel | ModelFamily | MixtureFamily | RowFamily,
  precision: Precision,
): void {
  if (model.precision === precision) return;
  if (model.precision === undefined)
    throw typeError(`not an entropy model but ${typeName(model)}: models have a precision, interval and symbolAt`);
  const preset = precision === 24 ? 'default' : 'small';
  throw rangeError(
    `the model has ${model.precision}-bit probabilities, but a coder of preset '${preset}' needs ${precision}: ` +
      `create the model with { precision: ${precision} }`,
  );
}

/** A stack of words that grows: the first `length` entries of `array`. What lies beyond survives a pop. */
export class Words {
  array: Uint32Array | Uint16Array;
  length: number;
  /** The least length since {@link keep}, -1 when nothing is kept. */
  private low = -1;
  /** Words below the length at {@link keep} that have been taken since, the topmost first. */
  private readonly taken: number[] = [];

  constructor(array: Uint32Array | Uint16Array) {
    this.array = array.slice();
    this.length = array.length;
  }

  /** Makes room for `more` words, and where that needs a larger array, for `later` ones besides. */
  reserve(more: number, later = 0): void {
    const needed = this.length + more;
    if (needed <= this.array.length) return;
    const size = Math.max(16, needed + later, this.array.length * 2);
    const larger = this.array instanceof Uint32Array ? new Uint32Array(size) : new Uint16Array(size);
    larger.set(this.array.subarray(0, this.length));
    this.array = larger;
  }

  /** Adds a word. */
  push(word: number): void {
    if (this.length === this.array.length) this.reserve(1);
    this.array[this.length++] = word;
  }

  /** Takes the last word; there has to be one. */
  pop(): number {
    const word = this.array[--this.length];
    if (this.length < this.low) this.note();
    return word;
  }

  /** Takes the last `count` words. */
  drop(count: number): void {
    this.length -= count;
    if (this.length < this.low) this.note();
  }

  /** From now on {@link goBack} undoes all. */
  keep(): void {
    this.low = this.length;
  }

  /** The end of what {@link keep} began. */
  forget(): void {
    this.low = -1;
    this.taken.length = 0;
  }

  /** Back to the length and the words at {@link keep}. */
  goBack(length: number): void {
    for (const [i, word] of this.taken.entries()) this.array[length - 1 - i] = word;
    this.length = length;
  }

  /** Notes words that were just taken, before others can take their place. */
  private note(): void {
    for (let i = this.low - 1; i >= this.length; i--) this.taken.push(this.array[i]);
    this.low = this.length;
  }

  /** Adds the first `count` words of `from`, expecting `times` as many after them: fresh memory is dear, and so are copies. */
  append(from: Uint32Array, count: number, times: number): void {
    this.reserve(count, Math.ceil(count * times * 1.0625));
    this.array.set(from.subarray(0, count), this.length);
    this.length += count;
  }

  /** Copies the last `count` words to the beginning of `into`. */
  copyLast(count: number, into: Uint32Array): void {
    into.set(this.array.subarray(this.length - count, this.length));
  }

  /** A copy with `extra` words after it. */
  with(extra: readonly number[]): Uint32Array | Uint16Array {
    const all = this.array instanceof Uint32Array ? Uint32Array : Uint16Array;
    const copy = new all(this.length + extra.length);
    copy.set(this.array.subarray(0, this.length));
    copy.set(extra, this.length);
    return copy;
  }

  /** A copy that grows by itself. */
  clone(): Words {
    return new Words(this.array.subarray(0, this.length));
  }
}

/** An empty array of the preset's words. */
export function noWords(small: boolean): Uint32Array | Uint16Array {
  return small ? new Uint16Array(0) : new Uint32Array(0);
}

/** Bits up to the highest that is set, for a whole number below 2^53. */
export function bitLength(x: number): number {
  const high = Math.floor(x / 4294967296);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(x);
}

/** The words of a whole number below 2^53, low one first, none for 0. */
export function wordsOf(x: number, wordBits: number): number[] {
  const words: number[] = [];
  for (let y = x; y > 0; y = Math.floor(y / 2 ** wordBits)) words.push(y % 2 ** wordBits);
  return words;
}

/** The error for words that end in a zero and are not to be sealed. */
export function zeroEnd(what: string): SurprisalError {
  return new SurprisalError(
    'corrupt',
    `the last word of ${what} is 0, which no coder writes: for words of any other origin use { seal: true }`,
  );
}
