/** Codecs of arrays whose length is coded too: lists, bytes and text. Each takes a maximum, against hostile bits. */
import { SurprisalError, typeError } from '../errors.ts';
import { type Codec, codec, sumOfBits } from './codec.ts';
import { mapped, repeat } from './compose.ts';
import { naturals } from './integers.ts';

/** The longest array that a codec takes, in elements. */
export interface LengthOptions {
  /** Above it pushing is an error, and popping cannot ask for more. */
  readonly maxLength: number;
}

/**
 * Lists of any length up to the maximum, the length by {@link naturals}.
 *
 * @example
 * list(uniform(6), { maxLength: 1000 }); // Codec<number[]>
 */
export function list<T>(one: Codec<T>, { maxLength }: LengthOptions): Codec<T[]> {
  const length = naturals({ max: maxLength });
  return codec<T[]>({
    push(stack, values) {
      if (!Array.isArray(values)) throw new SurprisalError('impossible-symbol', 'the codec codes arrays');
      repeat(one, values.length).push(stack, values);
      length.push(stack, values.length);
    },
    pop: (stack) => repeat(one, length.pop(stack)).pop(stack),
    bits: (values) => sumOfBits([length.bits(values.length), ...values.map((value) => one.bits(value))]),
  });
}

/**
 * Bytes, each with 8 bits, or with a codec for the numbers 0 to 255.
 *
 * @param options - The most bytes, and the codec of a byte. Default: uniform.
 */
export function bytes(options: LengthOptions & { readonly byte?: Codec<number> }): Codec<Uint8Array> {
  const { byte } = options;
  const length = naturals({ max: options.maxLength });
  const check = (values: Uint8Array): void => {
    if (!(values instanceof Uint8Array)) throw new SurprisalError('impossible-symbol', 'the codec codes Uint8Arrays');
  };
  return codec<Uint8Array>({
    push(stack, values) {
      check(values);
      for (let i = values.length - 1; i >= 0; i--) {
        if (byte === undefined) stack.pushUniform(values[i], 256);
        else byte.push(stack, values[i]);
      }
      length.push(stack, values.length);
    },
    pop(stack) {
      const count = length.pop(stack);
      // Grows as the bytes come: a length that the stack does not hold must not cost memory.
      let values = new Uint8Array(Math.min(count, 65536));
      for (let i = 0; i < count; i++) {
        if (i === values.length) {
          const larger = new Uint8Array(Math.min(count, 2 * i));
          larger.set(values);
          values = larger;
        }
        values[i] = byte === undefined ? stack.popUniform(256) : byte.pop(stack);
      }
      return values;
    },
    bits(values) {
      check(values);
      if (byte === undefined) return length.bits(values.length)! + 8 * values.length;
      return sumOfBits([length.bits(values.length), ...Array.from(values, (value) => byte.bits(value))]);
    },
  });
}

/**
 * Text, as its bytes in UTF-8. A lone surrogate is an error: UTF-8 has none, and it would come back as another text.
 *
 * @param options - The most bytes, and the codec of a byte. Default: uniform.
 * @throws SurprisalError (`corrupt`) from pop for bytes that are no UTF-8, which no push has written.
 */
export function text(options: LengthOptions & { readonly byte?: Codec<number> }): Codec<string> {
  return mapped(bytes(options), toUtf8, fromUtf8);
}

function toUtf8(value: string): Uint8Array {
  if (typeof value !== 'string') throw typeError(`text is a string, not ${typeof value}`);
  if (/\p{Surrogate}/u.test(value)) throw new SurprisalError('impossible-symbol', 'the text has half a surrogate pair');
  return new TextEncoder().encode(value);
}

function fromUtf8(values: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(values);
  } catch (error) {
    throw new SurprisalError('corrupt', 'the bytes are no UTF-8, so no push has written them', { cause: error });
  }
}
