/**
 * Codes which quantised parameters lay near a boundary, and on which side: the side information of two runtimes whose
 * floats differ (see `surprisal/models/parameters.js`).
 *
 * Only bits, each a symbol of `Uniform(2)`, so that any coder writes them, constriction's in Python too. For `count`
 * corrections among `length` values:
 *
 * 1. `count + 1` in Elias' gamma code: as many zeros as it has bits after its first, then its bits, highest first.
 * 2. For each correction the values passed over since the one before, in a Rice code with parameter
 *    k = floor(log2(length / count)): the number div 2^k ones, a zero, k low bits, highest first. Then a bit, its side.
 *
 * With a share s of values near a boundary that is within 4 % of H(s) + s bits a value, H the binary entropy, and one
 * bit in all where there are none.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import type { Corrections } from '../models/parameters.ts';
import { Uniform } from '../models/uniform.ts';
import { AnsCoder } from './ans.ts';
import { RangeDecoder, RangeEncoder } from './range.ts';
import { type Preset, typeName } from './words.ts';

const bitModel = (preset: Preset) => new Uniform(2, { precision: preset === 'small' ? 12 : 24 });

function checkLength(length: number): void {
  if (!(Number.isInteger(length) && length >= 0 && length < 2 ** 32))
    throw rangeError(`a number of values is a whole number from 0 to 2^32 - 1, not ${length}`);
}

/** The parameter of the Rice code: about ln 2 of the mean distance, rounded to a power of two. */
const riceParameter = (count: number, length: number): number => 31 - Math.clz32(Math.floor(length / count));

/** Writes the lowest `count` bits of a number, the highest first. */
function pushBits(bits: number[], value: number, count: number): void {
  for (let i = count - 1; i >= 0; i--) bits.push((value >>> i) & 1);
}

function bitsOf({ positions, upper }: Corrections, length: number): number[] {
  const count = positions.length;
  const bits: number[] = [];
  const size = 31 - Math.clz32(count + 1);
  pushBits(bits, 0, size);
  pushBits(bits, count + 1, size + 1);
  if (count === 0) return bits;
  const k = riceParameter(count, length);
  let from = 0;
  for (let i = 0; i < count; i++) {
    const passed = positions[i] - from;
    for (let q = passed >>> k; q > 0; q--) bits.push(1);
    bits.push(0);
    pushBits(bits, passed, k);
    bits.push(upper[i]);
    from = positions[i] + 1;
  }
  return bits;
}

/**
 * Codes corrections. On a range encoder they come next; on a stack coder they are the first to be decoded, so encode
 * them after what they help to decode.
 *
 * @param length - Number of values that the corrections are for; the decoder must be told the same.
 * @throws TypeError for other coders, RangeError for corrections that are not ascending, not within `length`, or whose
 *   sides are not 0 and 1. The coder is as it was then.
 *
 * @example
 * const corrections = table.corrections(scales, { relative: 1e-5 });
 * encodeCorrections(encoder, corrections, scales.length);
 */
export function encodeCorrections<P extends Preset>(
  coder: AnsCoder<P> | RangeEncoder<P>,
  corrections: Corrections,
  length: number,
): void {
  checkLength(length);
  const { positions, upper } = corrections;
  if (!(positions instanceof Uint32Array && upper instanceof Uint8Array && positions.length === upper.length))
    throw typeError('corrections have positions, a Uint32Array, and upper, a Uint8Array as long');
  for (let i = 0; i < positions.length; i++)
    if (positions[i] >= length || (i > 0 && positions[i] <= positions[i - 1]) || upper[i] > 1)
      throw rangeError(`correction ${i} (position ${positions[i]}, side ${upper[i]}) fits no ${length} values`);
  if (!(coder instanceof AnsCoder || coder instanceof RangeEncoder))
    throw typeError(`corrections are encoded on an AnsCoder or a RangeEncoder, not on ${typeName(coder)}`);
  const bits = Uint8Array.from(bitsOf(corrections, length));
  if (coder instanceof AnsCoder) coder.encodeReverse(bits, bitModel(coder.preset));
  else coder.encode(bits, bitModel(coder.preset));
}

/**
 * Decodes what {@link encodeCorrections} coded.
 *
 * @param length - The same number of values.
 * @throws SurprisalError (`corrupt`) for positions outside, and what the coder throws. The coder is as it was then.
 *
 * @example
 * const indices = table.quantize(scales, { corrections: decodeCorrections(decoder, scales.length) });
 */
export function decodeCorrections<P extends Preset>(coder: AnsCoder<P> | RangeDecoder<P>, length: number): Corrections {
  checkLength(length);
  if (!(coder instanceof AnsCoder || coder instanceof RangeDecoder))
    throw typeError(`corrections are decoded from an AnsCoder or a RangeDecoder, not from ${typeName(coder)}`);
  const model = bitModel(coder.preset);
  // On a copy first: what is refused half-way has to leave the coder as it was.
  const trial = coder.clone();
  let taken = 0;
  const corrections = read(() => {
    taken++;
    return trial.decode(model);
  }, length);
  coder.decode(model, taken);
  return corrections;
}

function read(bit: () => number, length: number): Corrections {
  const number = (first: number, count: number): number => {
    let value = first;
    for (let i = 0; i < count; i++) value = value * 2 + bit();
    return value;
  };
  let size = 0;
  while (bit() === 0) if (++size > 32) throw new SurprisalError('corrupt', 'no number of corrections has 33 bits');
  const count = number(1, size) - 1;
  if (count > length) throw new SurprisalError('corrupt', `${count} corrections among ${length} values`);
  const positions = new Uint32Array(count);
  const upper = new Uint8Array(count);
  if (count === 0) return { positions, upper };
  const k = riceParameter(count, length);
  let from = 0;
  for (let i = 0; i < count; i++) {
    const beyond = () => new SurprisalError('corrupt', `correction ${i} lies beyond the ${length} values`);
    while (bit() === 1) {
      from += 2 ** k;
      if (from >= length) throw beyond();
    }
    from += number(0, k);
    if (from >= length) throw beyond();
    positions[i] = from++;
    upper[i] = bit();
  }
  return { positions, upper };
}
