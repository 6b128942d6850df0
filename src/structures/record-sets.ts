/**
 * Multisets of records of bytes: {@link multiset} for millions of records, with a model that learns from the records
 * that are known already (see record-models.ts).
 */
import { BitStack, randomWords } from '../codecs/stack.ts';
import { SurprisalError, typeError } from '../errors.ts';
import { Fenwick } from './fenwick.ts';
import { returnTo, sampleFrom } from './multiset.ts';
import { OrderedMultiset, type Place } from './ordered.ts';
import { type RecordModel, RecordSink } from './record-models.ts';

/** Records one after another: record i is bytes[starts[i]..starts[i + 1]). */
export interface Records {
  readonly bytes: Uint8Array;
  /** One more than there are records. */
  readonly starts: Uint32Array;
}

/** Records between two pauses. */
const SLICE = 1024;
/** Random words to start with: more only where fewer run out. */
const INITIAL = [1, 4, 32, 1024];

/** The order of two pieces of bytes: byte by byte, a beginning before what it begins. */
export function compareBytes(
  a: Uint8Array,
  from: number,
  to: number,
  b: Uint8Array,
  start: number,
  end: number,
): number {
  const length = Math.min(to - from, end - start);
  for (let i = 0; i < length; i++) if (a[from + i] !== b[start + i]) return a[from + i] - b[start + i];
  return to - from - (end - start);
}

/** The first six bytes as a number: what differs here need not be compared further. */
export function prefixOf(bytes: Uint8Array, from: number, to: number): number {
  let prefix = 0;
  for (let i = 0; i < 6; i++) prefix = prefix * 256 + (from + i < to ? bytes[from + i] : 0);
  return prefix;
}

/** Numbers of which there are copies left: an OrderedMultiset that nothing is added to, in a tenth of the time. */
class Remaining {
  private readonly counts: Fenwick;

  constructor(copies: Uint32Array) {
    this.counts = new Fenwick(copies.length, copies);
  }

  get size(): number {
    return this.counts.total;
  }

  removeAt(rank: number): Place<number> {
    const { counts } = this;
    const value = counts.find(rank);
    const place = { value, below: counts.below(value), count: counts.get(value) };
    counts.add(value, -1);
    return place;
  }
}

/** What {@link pushRecords} makes. */
export interface PushedRecords {
  /** The stack's words. */
  readonly words: Uint32Array;
  /** How many random words it started with. */
  readonly initial: number;
}

/**
 * Pushes a multiset of records, which come in order, equal ones side by side; pauses now and then, yielding how many
 * are done.
 *
 * @param model - Makes a model that knows nothing.
 * @param seed - Of the random words that the stack starts with: {@link popRecords} must be told the same afterwards.
 */
export function* pushRecords(
  { bytes, starts }: Records,
  model: () => RecordModel,
  seed: number,
): Generator<number, PushedRecords, void> {
  const count = starts.length - 1;
  // Different records, where each first stands, and how often.
  const firsts = new Uint32Array(count);
  const copies = new Uint32Array(count);
  let distinct = 0;
  for (let i = 0; i < count; i++) {
    const last = distinct > 0 ? firsts[distinct - 1] : -1;
    if (last < 0 || compareBytes(bytes, starts[last], starts[last + 1], bytes, starts[i], starts[i + 1]) !== 0)
      firsts[distinct++] = i;
    copies[distinct - 1]++;
  }
  for (const initial of INITIAL) {
    const stack = new BitStack({ initial: randomWords(initial, seed) });
    const known = model();
    for (let i = 0; i < count; i++) {
      known.count(bytes, starts[i], starts[i + 1], 1);
      if (i % SLICE === 0) yield 0;
    }
    const left = new Remaining(copies.subarray(0, distinct));
    try {
      while (left.size > 0) {
        const i = firsts[sampleFrom(stack, left)];
        known.count(bytes, starts[i], starts[i + 1], -1);
        known.push(stack, bytes, starts[i], starts[i + 1]);
        if (left.size % SLICE === 0) yield count - left.size;
      }
      return { words: stack.getCompressed(), initial };
    } catch (error) {
      // Records that cost less than their order saves can eat what the stack started with.
      if (!(error instanceof SurprisalError && error.code === 'out-of-data')) throw error;
    }
  }
  throw new SurprisalError('out-of-data', 'the records cost less than their order saves');
}

/** What {@link popRecords} finds. */
export interface PoppedRecords {
  /** The records, sorted, equal ones side by side. */
  readonly bytes: Uint8Array;
  /** Where each starts in `bytes`, and one more: copies of a record have the same place. */
  readonly starts: Uint32Array;
  /** The places in `starts` of the records in order, a place for each copy. */
  readonly order: readonly number[];
  /** What is left on the stack, to be held against {@link randomWords} of the seed. */
  readonly left: Uint32Array;
}

/**
 * Pops a multiset of records; pauses now and then, yielding how many are done.
 *
 * @param words - The stack's words.
 * @param count - How many records.
 * @param size - The most bytes that they take.
 * @throws SurprisalError `corrupt` for words that no {@link pushRecords} has made.
 */
export function* popRecords(
  words: Uint32Array,
  known: RecordModel,
  count: number,
  size: number,
): Generator<number, PoppedRecords, void> {
  if (!(words instanceof Uint32Array)) throw typeError('the words of a stack are a Uint32Array');
  const stack = BitStack.from(words);
  const sink = new RecordSink(size);
  let starts = new Uint32Array(1024);
  let prefixes = new Float64Array(1024);
  const compare = (a: number, b: number): number =>
    prefixes[a] - prefixes[b] ||
    compareBytes(sink.bytes, starts[a], starts[a + 1], sink.bytes, starts[b], starts[b + 1]);
  const found = new OrderedMultiset<number>(compare);
  let distinct = 0;
  try {
    for (let i = 0; i < count; i++) {
      if (distinct + 2 > starts.length) {
        const more = new Uint32Array(2 * starts.length);
        more.set(starts);
        starts = more;
        const others = new Float64Array(2 * prefixes.length);
        others.set(prefixes);
        prefixes = others;
      }
      const from = sink.length;
      known.pop(stack, sink);
      const to = sink.length;
      known.count(sink.bytes, from, to, 1);
      starts[distinct + 1] = to;
      prefixes[distinct] = prefixOf(sink.bytes, from, to);
      // Another copy of a record needs no room.
      if (returnTo(stack, found, distinct) > 1) sink.length = from;
      else distinct++;
      if (i % SLICE === 0) yield i;
    }
  } catch (error) {
    if (!(error instanceof SurprisalError && error.code === 'out-of-data')) throw error;
    throw new SurprisalError('corrupt', 'The archive is damaged: it ends before the last record.', { cause: error });
  }
  return {
    bytes: sink.bytes.subarray(0, sink.length),
    starts: starts.subarray(0, distinct + 1),
    order: found.values(),
    left: stack.getCompressed(),
  };
}
