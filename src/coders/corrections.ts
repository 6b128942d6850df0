/**
 * Codes which quantised parameters lay near a boundary, and on which side: the side information of two runtimes whose
 * floats differ (see `surprisal/models/parameters.js`).
 *
 * The number of corrections comes first, 5 bits and its own; then the distances between them under the geometric
 * distribution of their density, then a bit for each side. With a share s of n values near a boundary that is about
 * n (H(s) + s) bits, H the binary entropy: where one value in 10,000 is near, 0.0016 bits a value.
 */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { Geometric } from '../models/geometric.ts';
import type { EntropyModel } from '../models/model.ts';
import type { Corrections } from '../models/parameters.ts';
import { Uniform } from '../models/uniform.ts';
import { AnsCoder } from './ans.ts';
import { RangeDecoder, RangeEncoder } from './range.ts';
import { type Preset, typeName } from './words.ts';

/** Models of a precision, and the longest distance, which means "so far without a correction". */
function modelsFor(precision: 24 | 12, count: number, length: number) {
  const far = precision === 24 ? 65535 : 255;
  const distance: EntropyModel = new Geometric(far, Math.min(1, count / length), { precision });
  return { far, distance, bit: new Uniform(2, { precision }), bitCount: new Uniform(33, { precision }) };
}

const precisionFor = (preset: Preset): 24 | 12 => (preset === 'small' ? 12 : 24);

function checkLength(length: number): void {
  if (!(Number.isInteger(length) && length >= 0 && length < 2 ** 32))
    throw rangeError(`a number of values is a whole number from 0 to 2^32 - 1, not ${length}`);
}

/** The symbols of corrections among `length` values, each with its model, first one first. */
function symbolsOf({ positions, upper }: Corrections, length: number, precision: 24 | 12): [number, EntropyModel][] {
  const count = positions.length;
  const { bit, bitCount, far, distance } = modelsFor(precision, Math.max(count, 1), Math.max(length, 1));
  const bits = 32 - Math.clz32(count);
  const symbols: [number, EntropyModel][] = [[bits, bitCount]];
  // The highest bit of the number is a 1.
  for (let i = bits - 2; i >= 0; i--) symbols.push([(count >>> i) & 1, bit]);
  let from = 0;
  for (const position of positions) {
    for (; position - from >= far; from += far) symbols.push([far, distance]);
    symbols.push([position - from, distance]);
    from = position + 1;
  }
  for (const side of upper) symbols.push([side, bit]);
  return symbols;
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
  const list = symbolsOf(corrections, length, precisionFor(coder.preset));
  const symbols = Int32Array.from(list, ([symbol]) => symbol);
  const models = list.map(([, model]) => model);
  if (coder instanceof AnsCoder) coder.encodeReverse(symbols, models);
  else coder.encode(symbols, models);
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
  // On a copy first: what is refused half-way has to leave the coder as it was.
  const trial = coder.clone();
  const models: EntropyModel[] = [];
  const corrections = read(
    (model) => {
      models.push(model);
      return trial.decode(model);
    },
    length,
    precisionFor(coder.preset),
  );
  coder.decode(models);
  return corrections;
}

function read(take: (model: EntropyModel) => number, length: number, precision: 24 | 12): Corrections {
  const { bit, bitCount } = modelsFor(precision, 1, 1);
  const bits = take(bitCount);
  let count = bits === 0 ? 0 : 1;
  for (let i = 1; i < bits; i++) count = count * 2 + take(bit);
  if (count > length) throw new SurprisalError('corrupt', `${count} corrections among ${length} values`);
  if (count === 0) return { positions: new Uint32Array(0), upper: new Uint8Array(0) };
  const { far, distance } = modelsFor(precision, count, length);
  const positions = new Uint32Array(count);
  let from = 0;
  for (let i = 0; i < count; i++) {
    for (let step = take(distance); ; step = take(distance)) {
      from += step;
      if (from >= length) throw new SurprisalError('corrupt', `correction ${i} lies beyond the ${length} values`);
      if (step < far) break;
    }
    positions[i] = from++;
  }
  const upper = new Uint8Array(count);
  for (let i = 0; i < count; i++) upper[i] = take(bit);
  return { positions, upper };
}
