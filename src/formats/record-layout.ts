/** Files as records: where they begin and end, their order, and the file that is made of them again. */
import { rangeError, SurprisalError, typeError } from '../errors.ts';
import { compareBytes, prefixOf, type Records } from '../structures/record-sets.ts';

/** What a record is: a line, a row of CSV (line feeds between quotation marks belong to it), or so many bytes. */
export type RecordLayout = 'lines' | 'csv' | 'fixed';

/** How a file is divided into records. */
export interface SplitOptions {
  /** Default `lines`, or `fixed` where `size` is given. JSON lines are lines. */
  readonly layout?: RecordLayout;
  /** Bytes of a record, for `fixed` only. */
  readonly size?: number;
  /** Whether the first row of CSV stays the first. Default true; for `csv` only. */
  readonly header?: boolean;
}

/** Everything about a file but its records. */
export interface Frame {
  readonly layout: RecordLayout;
  /** Bytes of a record of layout `fixed`, else 0. */
  readonly recordSize: number;
  /** Whether lines end in CR LF, all of them. */
  readonly crlf: boolean;
  /** Whether the last line has no end. It is put to no other: the last record of the result has none. */
  readonly open: boolean;
  /** What comes before the records: the header of CSV with its line end. */
  readonly head: Uint8Array;
}

/** A file's records, as they lie in it, and the rest of it. */
export interface SplitFile {
  readonly frame: Frame;
  /** The file's bytes. */
  readonly bytes: Uint8Array;
  /** Where each record starts, and where one more would, were the last line ended. */
  readonly starts: Uint32Array;
  /** Bytes of a line end: 0 for `fixed`. */
  readonly separator: 0 | 1 | 2;
}

const LF = 10;
const CR = 13;
const QUOTE = 34;
/** Largest file that is divided into records: it is held in memory several times. */
const MAX_FILE = 2 ** 30;

/** @throws TypeError or RangeError (with a `code`) when an option is wrong. */
export function checkSplitOptions(options: SplitOptions): Required<Omit<SplitOptions, 'size'>> & { size: number } {
  if (typeof options !== 'object' || options === null) throw typeError('options are an object');
  const { size, layout = size === undefined ? 'lines' : 'fixed', header = true } = options;
  if (!['lines', 'csv', 'fixed'].includes(layout)) throw rangeError(`layout is lines, csv or fixed, not '${layout}'`);
  if ((layout === 'fixed') !== (size !== undefined))
    throw rangeError(layout === 'fixed' ? "layout 'fixed' needs a size" : `records of layout '${layout}' have no size`);
  if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= 2 ** 20))
    throw rangeError(`the size of a record is a whole number of bytes from 1 to 1048576, not ${size}`);
  if (typeof header !== 'boolean') throw typeError(`header is true or false, not ${typeof header}`);
  return { layout, size: size ?? 0, header: layout === 'csv' && header };
}

/**
 * Divides a file into records.
 *
 * @throws TypeError or RangeError (with a `code`) when an option is wrong, or the file is no whole number of records of
 *   that size, or a quotation mark of CSV is never closed.
 * @param crlf - Whether lines end in CR LF, where that is known: two lines in another order may look as if they did.
 * @throws SurprisalError `limit` for a file of more than 1 GiB.
 */
export function splitRecords(bytes: Uint8Array, options: SplitOptions = {}, crlf?: boolean): SplitFile {
  const { layout, size, header } = checkSplitOptions(options);
  if (bytes.length > MAX_FILE)
    throw new SurprisalError('limit', `Records are held in memory, so at most ${MAX_FILE} bytes, not ${bytes.length}.`);
  if (layout === 'fixed') {
    if (bytes.length % size !== 0)
      throw rangeError(`${bytes.length} bytes are no whole number of records of ${size} bytes`);
    const starts = Uint32Array.from({ length: bytes.length / size + 1 }, (_, i) => i * size);
    const frame = { layout, recordSize: size, crlf: false, open: false, head: new Uint8Array(0) };
    return { frame, bytes, starts, separator: 0 };
  }
  const ends = lineEnds(bytes, layout === 'csv');
  const wide = crlf ?? allWide(bytes, ends);
  const separator = wide ? 2 : 1;
  const open = bytes.length > 0 && (ends.length === 0 || ends[ends.length - 1] !== bytes.length - 1);
  const count = ends.length + (open ? 1 : 0);
  const starts = new Uint32Array(count + 1);
  for (let i = 0; i < ends.length; i++) starts[i + 1] = ends[i] + 1;
  if (open) starts[count] = bytes.length + separator;
  // A header without an end has nothing after it: then it is all there is, and stays where it is.
  const first = header && count > 0 && !(open && count === 1) ? 1 : 0;
  const head = bytes.slice(0, starts[first]);
  return { frame: { layout, recordSize: 0, crlf: wide, open, head }, bytes, starts: starts.subarray(first), separator };
}

/** Whether there are lines and all of them end in CR LF. */
function allWide(bytes: Uint8Array, ends: Uint32Array): boolean {
  let start = 0;
  for (const end of ends) {
    if (end === start || bytes[end - 1] !== CR) return false;
    start = end + 1;
  }
  return ends.length > 0;
}

/** Where the line feeds are that end a record. */
function lineEnds(bytes: Uint8Array, quotes: boolean): Uint32Array {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === LF) count++;
  const ends = new Uint32Array(count);
  let n = 0;
  let opened = -1;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === LF && opened < 0) ends[n++] = i;
    else if (bytes[i] === QUOTE && quotes) opened = opened < 0 ? i : -1;
  }
  if (opened >= 0)
    throw rangeError(`the quotation mark at byte ${opened} is never closed, so this is no CSV: divide it into lines`);
  return ends.subarray(0, n);
}

/**
 * The records in order, byte by byte without their line ends; each line then ends in a line feed alone, the last one
 * too.
 */
export function sortRecords({ frame, bytes, starts, separator }: SplitFile): Records {
  const count = starts.length - 1;
  const end = (i: number): number => starts[i + 1] - separator;
  const prefixes = new Float64Array(count);
  for (let i = 0; i < count; i++) prefixes[i] = prefixOf(bytes, starts[i], end(i));
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  order.sort((a, b) => prefixes[a] - prefixes[b] || compareBytes(bytes, starts[a], end(a), bytes, starts[b], end(b)));
  const extra = frame.layout === 'fixed' ? 0 : 1;
  const sorted = new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) sorted[i + 1] = sorted[i] + end(order[i]) - starts[order[i]] + extra;
  const out = new Uint8Array(sorted[count]);
  for (let i = 0; i < count; i++) {
    out.set(bytes.subarray(starts[order[i]], end(order[i])), sorted[i]);
    if (extra === 1) out[sorted[i + 1] - 1] = LF;
  }
  return { bytes: out, starts: sorted };
}

/**
 * The file of these records: the head, and the records in the order given, with line ends as the frame has them.
 *
 * @param order - The number of each record, in order. Default: as they are.
 * @throws SurprisalError `corrupt` when they do not take `size` bytes, if it is given.
 */
export function joinRecords(records: Records, frame: Frame, size?: number, order?: readonly number[]): Uint8Array {
  const { bytes, starts } = records;
  const count = order?.length ?? starts.length - 1;
  let length = frame.head.length;
  for (let i = 0; i < count; i++) {
    const k = order === undefined ? i : order[i];
    length += starts[k + 1] - starts[k];
  }
  const text = frame.layout !== 'fixed';
  const wide = text && frame.crlf ? 1 : 0;
  length += count * wide - (frame.open && count > 0 ? 1 + wide : 0);
  if (size !== undefined && length !== size)
    throw new SurprisalError('corrupt', `The archive is damaged: its records take ${length} bytes, not ${size}.`);
  const out = new Uint8Array(length);
  out.set(frame.head);
  let at = frame.head.length;
  for (let i = 0; i < count; i++) {
    const k = order === undefined ? i : order[i];
    const end = starts[k + 1] - (text ? 1 : 0);
    out.set(bytes.subarray(starts[k], end), at);
    at += end - starts[k];
    if (!text || (frame.open && i === count - 1)) continue;
    if (wide === 1) out[at++] = CR;
    out[at++] = LF;
  }
  return out;
}

/** Whether two files have the same head and the same multiset of records, whatever their order. */
export function sameRecords(a: SplitFile, b: SplitFile): boolean {
  const same = (x: Uint8Array, y: Uint8Array): boolean => compareBytes(x, 0, x.length, y, 0, y.length) === 0;
  if (!same(a.frame.head, b.frame.head) || a.starts.length !== b.starts.length) return false;
  const [x, y] = [sortRecords(a), sortRecords(b)];
  for (let i = 0; i < x.starts.length; i++) if (x.starts[i] !== y.starts[i]) return false;
  return same(x.bytes, y.bytes);
}
