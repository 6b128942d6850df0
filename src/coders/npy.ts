/**
 * NumPy's .npy files, as far as coders exchange them: words, symbols and parameters. Versions 1.0 and 2.0, numbers of
 * up to 32 bits and floats, little-endian, rows one after another.
 *
 * The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { rangeError, SurprisalError, type SurprisalErrorCode, typeError } from '../errors.ts';

/** The arrays that have a type of NumPy's. */
export type NpyData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** The class of such an array. */
export interface NpyType<T extends NpyData = NpyData> {
  new (buffer: ArrayBuffer): T;
  readonly BYTES_PER_ELEMENT: number;
}

/** What a .npy holds. */
export interface NpyArray<T extends NpyData = NpyData> {
  /** The elements, a matrix row by row. */
  readonly data: T;
  /** The size along each axis: `[n]` for n elements in a row, `[]` for a single number. */
  readonly shape: number[];
}

const TYPES: Readonly<Record<string, NpyType>> = {
  '|u1': Uint8Array,
  '<u2': Uint16Array,
  '<u4': Uint32Array,
  '|i1': Int8Array,
  '<i2': Int16Array,
  '<i4': Int32Array,
  '<f4': Float32Array,
  '<f8': Float64Array,
};
const MAGIC = '\x93NUMPY';
/** NumPy's own limit. */
const MAX_AXES = 64;

const fault = (code: SurprisalErrorCode, offset: number, message: string): SurprisalError =>
  new SurprisalError(code, `.npy: ${message}`, { offset });

const descrOf = (type: unknown): string | undefined => Object.keys(TYPES).find((descr) => TYPES[descr] === type);

/** Takes a header, a dictionary in Python's notation, apart. `start` is its offset in the file. */
function parseHeader(text: string, start: number): { descr: string; fortran: boolean; shape: number[] } {
  let at = 0;
  const corrupt = (message: string) => fault('corrupt', start + at, message);
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return undefined;
    at += match[0].length;
    return match[1] ?? match[2] ?? match[0];
  };
  // Each is sticky and begins with the blanks before it, so that no text is looked at twice.
  const mark = (sign: string) => take(new RegExp(` *\\${sign}`, 'y')) !== undefined;
  const fields: { descr?: string; fortran?: boolean; shape?: number[] } = {};
  const shapeHere = (): number[] => {
    const shape: number[] = [];
    if (!mark('(')) throw corrupt('the shape is no tuple');
    for (let comma = true; !mark(')'); comma = mark(',')) {
      const size = comma ? Number(take(/ *(0|[1-9]\d{0,15})(?!\d)/y) ?? NaN) : NaN;
      if (!Number.isSafeInteger(size) || shape.push(size) > MAX_AXES)
        throw corrupt('the shape is no tuple of whole numbers');
    }
    return shape;
  };
  if (!mark('{')) throw corrupt('the header is no dictionary');
  for (let comma = true; !mark('}'); comma = mark(',')) {
    const key = comma ? take(/ *(?:'(\w+)'|"(\w+)") *:/y) : undefined;
    if (key === 'descr' && fields.descr === undefined) {
      fields.descr = take(/ *(?:'([^'\\]*)'|"([^"\\]*)")/y);
      if (fields.descr === undefined) throw fault('unsupported', start + at, 'the elements are not single numbers');
    } else if (key === 'fortran_order' && fields.fortran === undefined) {
      const value = take(/ *(True|False)\b/y);
      if (value === undefined) throw corrupt('fortran_order is neither True nor False');
      fields.fortran = value === 'True';
    } else if (key === 'shape' && fields.shape === undefined) {
      fields.shape = shapeHere();
    } else {
      throw corrupt(key === undefined ? 'the header is no dictionary' : `the header has ${key}, or has it twice`);
    }
  }
  if (take(/ *\n?$/y) === undefined) throw corrupt('something follows the dictionary in the header');
  const { descr, fortran, shape } = fields;
  if (descr === undefined || fortran === undefined || shape === undefined)
    throw corrupt('the header lacks descr, fortran_order or shape');
  return { descr, fortran, shape };
}

/**
 * Reads a .npy file, of the type that is asked for, if one is.
 *
 * @param bytes - The whole file.
 * @param type - The class that the elements must have: `Uint32Array` for words.
 * @throws SurprisalError: `corrupt` for what is no .npy file, `truncated` for a part of one, `unsupported` for elements
 *   of other types (64-bit integers among them) or not of `type`, for columns one after another, for headers of more than
 *   65,535 bytes, and for version 3.
 * @throws TypeError (`invalid-type`) for anything but a Uint8Array.
 *
 * @example
 * const words = readNpy(new Uint8Array(await (await fetch('message.npy')).arrayBuffer()), Uint32Array).data;
 */
export function readNpy(bytes: Uint8Array): NpyArray;
/** Reads a .npy file whose elements have this type. */
export function readNpy<T extends NpyData>(bytes: Uint8Array, type: NpyType<T>): NpyArray<T>;
/** Both forms. */
export function readNpy(bytes: Uint8Array, type?: NpyType): NpyArray {
  if (!(bytes instanceof Uint8Array)) throw typeError('.npy: a file is a Uint8Array');
  const asked = type && descrOf(type);
  if (type !== undefined && asked === undefined) throw typeError('.npy: elements of this type have no name in NumPy');
  for (let i = 0; i < MAGIC.length; i++) {
    if (i === bytes.length) throw fault('truncated', i, 'the file ends in its first bytes');
    if (bytes[i] !== MAGIC.charCodeAt(i)) throw fault('corrupt', i, 'this is no .npy file');
  }
  const start = bytes[6] === 1 ? 10 : 12;
  if (bytes.length < start) throw fault('truncated', bytes.length, 'the file ends before its header');
  if (!(bytes[6] === 1 || bytes[6] === 2) || bytes[7] !== 0)
    throw fault('unsupported', 6, `version ${bytes[6]}.${bytes[7]} of the format; 1.0 and 2.0 are read`);
  let length = bytes[8] + bytes[9] * 256;
  if (start === 12) length += bytes[10] * 65536 + bytes[11] * 2 ** 24;
  // Version 2 allows 4 GB; a header of numbers has some hundred bytes, and NumPy itself stops at 10,000.
  if (length > 65535) throw fault('unsupported', 8, `a header of ${length} bytes`);
  if (bytes.length < start + length) throw fault('truncated', bytes.length, 'the file ends within its header');
  let text = '';
  for (let i = start; i < start + length; i++) text += String.fromCharCode(bytes[i]);

  const { descr, fortran, shape } = parseHeader(text, start);
  const found = Object.hasOwn(TYPES, descr) ? TYPES[descr] : undefined;
  if (found === undefined)
    throw fault(
      'unsupported',
      start,
      `elements of type ${JSON.stringify(descr.slice(0, 40))}; write one of ${Object.keys(TYPES).join(' ')}, with .astype in NumPy`,
    );
  if (asked !== undefined && asked !== descr)
    throw fault('unsupported', start, `elements of type ${descr} where ${asked} is needed`);
  if (fortran && shape.length > 1)
    throw fault('unsupported', start, 'columns one after another; write numpy.ascontiguousarray(…)');

  const from = start + length;
  const room = Math.floor((bytes.length - from) / found.BYTES_PER_ELEMENT);
  let count = shape.includes(0) ? 0 : 1;
  for (const size of shape) {
    count *= size;
    if (count > room) throw fault('truncated', bytes.length, `the file ends before its ${shape.join(' x ')} elements`);
  }
  const end = from + count * found.BYTES_PER_ELEMENT;
  if (end !== bytes.length) throw fault('corrupt', end, `${bytes.length - end} bytes follow the last element`);
  // A copy, since elements must lie on multiples of their size.
  return { data: new found(Uint8Array.from(bytes.subarray(from)).buffer), shape };
}

/**
 * Writes a .npy file of version 1.0, the same bytes as `numpy.save`.
 *
 * @param shape - The size along each axis. Default: one axis.
 * @throws TypeError (`invalid-type`) for an array of another type.
 * @throws RangeError (`invalid-argument`) for a shape that has not as many elements.
 *
 * @example
 * writeNpy(coder.getCompressed()); // numpy.load gives an array of dtype uint32
 */
export function writeNpy(array: NpyData, shape: readonly number[] = [array.length]): Uint8Array<ArrayBuffer> {
  const descr = descrOf(array?.constructor);
  if (descr === undefined) throw typeError('.npy: an array is a typed array of up to 32 bits, or of doubles');
  const whole = shape.length <= MAX_AXES && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!whole || shape.reduce((count, size) => count * size, 1) !== array.length)
    throw rangeError(`.npy: ${array.length} elements have not the shape (${shape.join(', ')})`);
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // NumPy leaves room for the first axis to grow to 21 digits, then fills up to a multiple of 64.
  const spare = shape.length > 0 ? 21 - String(shape[0]).length : 0;
  const length = Math.ceil((10 + dictionary.length + spare + 1) / 64) * 64 - 10;
  const header =
    MAGIC + '\x01\0' + String.fromCharCode(length & 255, length >> 8) + dictionary.padEnd(length - 1) + '\n';
  const bytes = new Uint8Array(header.length + array.byteLength);
  for (let i = 0; i < header.length; i++) bytes[i] = header.charCodeAt(i);
  bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), header.length);
  return bytes;
}
