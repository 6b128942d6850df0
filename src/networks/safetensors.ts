/**
 * Weights in files: the format safetensors, which PyTorch's users know, read and written.
 *
 * A file is eight bytes of length, a JSON header that says of each tensor its type, shape and place, and the numbers,
 * little-endian and row-major. Whatever a header claims is checked against the bytes that are there before anything
 * is set aside for it: a file from a stranger is refused with a message, it takes no memory that it has not brought.
 *
 * The format: https://huggingface.co/docs/safetensors
 */
import { rangeError, SurprisalError, type SurprisalErrorCode, typeError } from '../errors.ts';
import { type Header, parseSafetensorsHeader } from './safetensors-header.ts';
import {
  bfloat16To,
  float16To,
  float32To,
  float64To,
  integersTo,
  type TensorType,
  tensorTypeBytes,
  toFloat16,
} from './safetensors-numbers.ts';

export type { TensorType } from './safetensors-numbers.ts';

/** One tensor of a file: a view of the file's bytes, turned into numbers when it is asked to. */
export interface StoredTensor {
  readonly name: string;
  readonly type: TensorType;
  /** Sizes along the axes; `[]` for a single number. */
  readonly shape: readonly number[];
  /** The numbers as they lie in the file, little-endian and row-major: a view, not a copy. */
  readonly bytes: Uint8Array;
  /**
   * The numbers as floats: exactly those of the file, except that F64 is rounded to the nearest.
   *
   * @returns a new array of as many numbers as the shape says
   * @throws SurprisalError `corrupt` where a number is infinite, NaN, or an F64 beyond the floats; `unsupported` where
   *   an integer has no float of its own (17 million and more).
   */
  float32(): Float32Array<ArrayBuffer>;
}

/** What a file holds. */
export interface Safetensors {
  /** By name, in the order of their places in the file. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What the writer has noted under `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Bounds on what is read. */
export interface SafetensorsLimits {
  /** Bytes of the header. Default 100,000,000, the reference implementation's limit; it allows no more. */
  readonly maxHeader?: number;
  /** Number of tensors. Default 65,536. */
  readonly maxTensors?: number;
}

/** Largest header, in bytes, that the reference implementation reads. */
export const MAX_SAFETENSORS_HEADER = 100_000_000;

const MAX_TENSORS = 65536;

const fault = (code: SurprisalErrorCode, message: string, offset?: number): SurprisalError =>
  new SurprisalError(code, `safetensors: ${message}`, { offset });

/**
 * Reads a file of tensors. Nothing is copied: tensors are views of `bytes`, so that what is set aside is in proportion
 * to the header.
 *
 * @param bytes - the whole file
 * @throws SurprisalError `truncated` for a file that ends early, `limit` for a header or a number of tensors beyond the
 *   limits, `unsupported` for a type of numbers that is not read, `corrupt` for whatever else contradicts the format:
 *   a header that is no such JSON, names that come twice, sizes that overflow, tensors that overlap, leave holes, or
 *   do not end with the file.
 * @example
 * ```ts
 * const { tensors, metadata } = readSafetensors(await readFile('model.safetensors'));
 * const weight = tensors.get('encoder.0.weight')!.float32(); // of tensors.get(...)!.shape
 * ```
 */
export function readSafetensors(bytes: Uint8Array, limits: SafetensorsLimits = {}): Safetensors {
  if (!(bytes instanceof Uint8Array)) throw typeError('a file of tensors is a Uint8Array');
  const { maxHeader = MAX_SAFETENSORS_HEADER, maxTensors = MAX_TENSORS } = limits;
  for (const [name, limit] of Object.entries({ maxHeader, maxTensors }))
    if (typeof limit !== 'number' || !(limit >= 0)) throw rangeError(`${name} is a number of at least 0, not ${limit}`);
  if (bytes.length < 8) throw fault('truncated', `a file of ${bytes.length} bytes has no header`, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + 2 ** 32 * view.getUint32(4, true);
  if (length > Math.min(maxHeader, MAX_SAFETENSORS_HEADER))
    throw fault('limit', `a header of ${length} bytes is beyond the limit, or this is no file of tensors`, 0);
  if (length > bytes.length - 8)
    throw fault('truncated', `a header of ${length} bytes in a file of ${bytes.length}`, bytes.length);
  const data = 8 + length;
  const header: Header = parseSafetensorsHeader(bytes.subarray(8, data), maxTensors);
  const tensors = new Map<string, StoredTensor>();
  let end = 0;
  for (const { name, type, shape, from, to } of [...header.tensors].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end)
      throw fault('corrupt', `'${name}' begins at ${from} where ${end} was expected: tensors lie side by side`, data);
    if (to > bytes.length - data)
      throw fault('truncated', `'${name}' ends at ${to} of ${bytes.length - data} bytes of numbers`, bytes.length);
    end = to;
    const own = bytes.subarray(data + from, data + to);
    tensors.set(name, { name, type, shape, bytes: own, float32: () => numbers(name, type, own) });
  }
  if (end !== bytes.length - data)
    throw fault('corrupt', `${bytes.length - data - end} bytes after the last tensor`, data + end);
  return { tensors, metadata: header.metadata };
}

function numbers(name: string, type: TensorType, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.length / tensorTypeBytes(type)!);
  const wrong =
    type === 'F32'
      ? float32To(values, view)
      : type === 'F16'
        ? float16To(values, view)
        : type === 'BF16'
          ? bfloat16To(values, view)
          : type === 'F64'
            ? float64To(values, view)
            : integersTo(values, view, type);
  if (wrong === -1) return values;
  if (type.startsWith('F') || type === 'BF16')
    throw fault('corrupt', `'${name}' has a number that is not finite, at index ${wrong}: no weight is that`);
  throw fault('unsupported', `'${name}' (${type}) has an integer that no float equals, at index ${wrong}`);
}

/** One tensor to write. */
export interface TensorToWrite {
  readonly name: string;
  /** Sizes along the axes; `[]` for a single number. */
  readonly shape: readonly number[];
  /** The numbers, row-major. */
  readonly data: Float32Array;
  /** `F32`, which keeps them exactly, or `F16`, which rounds to the nearest, ties to even. Default `F32`. */
  readonly type?: 'F32' | 'F16';
}

const encoder = new TextEncoder();
const widthOf = ({ type }: { readonly type: TensorType }): number => tensorTypeBytes(type)!;

/** Order of bytes, as the reference implementation sorts names. */
function byBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

function checkText(what: string, text: unknown): void {
  if (typeof text !== 'string') throw typeError(`${what} is a string`);
  if (/\p{Cs}/u.test(text)) throw rangeError(`${what} has half of a surrogate pair: no UTF-8 holds it`);
}

function checkTensor({ name, shape, data, type = 'F32' }: TensorToWrite): void {
  checkText('the name of a tensor', name);
  if (name === '__metadata__' || name === '__proto__') throw rangeError(`a tensor cannot be called ${name}`);
  if (!(data instanceof Float32Array)) throw typeError(`'${name}': data are a Float32Array`);
  if (!Array.isArray(shape)) throw typeError(`'${name}': the shape is a list of sizes`);
  if (shape.length > 64 || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw rangeError(`'${name}': the shape is up to 64 whole numbers, not ${shape}`);
  const size = shape.reduce((product, one) => product * one, 1);
  if (size !== data.length) throw rangeError(`'${name}': ${data.length} numbers for the shape ${shape}`);
  if (type !== 'F32' && type !== 'F16') throw rangeError(`'${name}': numbers are written as F32 or F16, not ${type}`);
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw rangeError(`'${name}': the number at index ${wrong} is ${data[wrong]}: only finite ones are kept`);
}

/**
 * Writes a file of tensors: the same bytes for the same tensors, in whatever order they come, and the bytes of the
 * reference implementation. Wide numbers go first, then names in the order of their UTF-8 bytes.
 *
 * @param metadata - texts to note under `__metadata__`, written in the order of their names
 * @returns the bytes of the file
 * @throws TypeError or RangeError for names that come twice, a shape that is not that of the data, numbers that are not
 *   finite, and numbers beyond 65,504 as F16.
 * @example
 * ```ts
 * const file = writeSafetensors([{ name: 'bias', shape: [2], data: Float32Array.of(0.5, -1) }], { made: 'by hand' });
 * readSafetensors(file).tensors.get('bias')!.float32(); // 0.5, -1
 * ```
 */
export function writeSafetensors(
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> | ReadonlyMap<string, string> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].map((tensor) => {
    checkTensor(tensor);
    return { ...tensor, type: tensor.type ?? 'F32', key: encoder.encode(tensor.name) };
  });
  sorted.sort((a, b) => widthOf(b) - widthOf(a) || byBytes(a.key, b.key));
  const names = new Set<string>();
  for (const { name } of sorted) {
    if (names.has(name)) throw rangeError(`two tensors are called '${name}'`);
    names.add(name);
  }
  const notes = [...(metadata instanceof Map ? metadata : Object.entries(metadata))].map(([key, value]) => {
    checkText('a key of the metadata', key);
    if (key === '__proto__') throw rangeError('no key of the metadata can be called __proto__');
    checkText(`'${key}' of the metadata`, value);
    return { key, value: value as string, bytes: encoder.encode(key) };
  });
  notes.sort((a, b) => byBytes(a.bytes, b.bytes));
  const fields: string[] = [];
  if (notes.length > 0) {
    const texts = notes.map(({ key, value }) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    fields.push(`"__metadata__":{${texts.join(',')}}`);
  }
  let end = 0;
  for (const { name, type, shape, data } of sorted) {
    const from = end;
    end += data.length * widthOf({ type });
    fields.push(
      `${JSON.stringify(name)}:{"dtype":"${type}","shape":[${shape.join(',')}],"data_offsets":[${from},${end}]}`,
    );
  }
  const header = encoder.encode(`{${fields.join(',')}}`);
  const length = 8 * Math.ceil(header.length / 8);
  if (length > MAX_SAFETENSORS_HEADER) throw rangeError(`names and metadata take ${length} bytes: too many to be read`);
  const file = new Uint8Array(8 + length + end);
  file.fill(32, 8, 8 + length);
  file.set(header, 8);
  const view = new DataView(file.buffer);
  view.setUint32(0, length, true);
  let at = 8 + length;
  for (const { name, type, data } of sorted) {
    const width = widthOf({ type });
    for (let i = 0; i < data.length; i++, at += width) {
      if (type === 'F32') view.setFloat32(at, data[i], true);
      else {
        const half = toFloat16(data[i]);
        if (half === undefined)
          throw rangeError(`'${name}': ${data[i]} at index ${i} is beyond F16's 65504: write F32`);
        view.setUint16(at, half, true);
      }
    }
  }
  return file;
}
