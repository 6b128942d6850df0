/**
 * Method 2, `multiset`: records without their order, by bits-back coding. The member's raw bytes are the code; what it
 * decodes to are the records, sorted. docs/format.md describes every byte.
 */
import { randomWords } from '../codecs/stack.ts';
import { crc32c } from '../container/checksums.ts';
import { MEMORY_UNIT } from '../container/header.ts';
import { Cursor, pushVarint } from '../container/varint.ts';
import { SurprisalError } from '../errors.ts';
import { ColumnRecords, type RecordModel, TextRecords, UniformRecords } from '../structures/record-models.ts';
import { popRecords } from '../structures/record-sets.ts';
import type { Method, Model } from './method.ts';
import { type Frame, joinRecords, type RecordLayout } from './record-layout.ts';

/** Models of a record, by their numbers in the header. */
export const RECORD_MODELS = ['uniform', 'columns', 'columns, order 1', 'text'] as const;
const LAYOUTS: readonly RecordLayout[] = ['lines', 'csv', 'fixed'];

/** What the parameters of the method say. */
export interface MultisetParameters {
  readonly layout: RecordLayout;
  /** As in {@link Frame}. */
  readonly recordSize: number;
  readonly crlf: boolean;
  readonly open: boolean;
  /** Records, without the head. */
  readonly count: number;
  /** Bytes of the whole result. */
  readonly size: number;
  /** Place in {@link RECORD_MODELS}. */
  readonly model: number;
  /** Of `columns`: how many there are. */
  readonly columns: number;
  /** Of `columns` the increment, of `text` the bits of its tables. */
  readonly setting: number;
}

/** The parameters as the header holds them. */
export function multisetBytes(parameters: MultisetParameters): Uint8Array {
  const { layout, recordSize, crlf, open, count, size, model, columns, setting } = parameters;
  const bytes: number[] = [];
  const flags = (crlf ? 1 : 0) + (open ? 2 : 0);
  for (const value of [LAYOUTS.indexOf(layout), flags, recordSize, count, size, model, columns, setting])
    pushVarint(bytes, value);
  return Uint8Array.from(bytes);
}

const damaged = (what: string): SurprisalError => new SurprisalError('corrupt', `The archive is damaged: ${what}.`);

/**
 * The parameters that a header holds.
 *
 * @throws SurprisalError `corrupt` when there are no such.
 */
export function parseMultiset(bytes: Uint8Array): MultisetParameters {
  const cursor = new Cursor(bytes);
  const values = Array.from({ length: 8 }, () => cursor.varint());
  if (values.includes(undefined) || cursor.at !== bytes.length)
    throw damaged('the parameters of method multiset are eight numbers');
  const [number, flags, recordSize, count, size, model, columns, setting] = values as number[];
  const layout = LAYOUTS[number];
  const fixed = layout === 'fixed';
  const good =
    layout !== undefined &&
    flags <= (fixed ? 0 : 3) &&
    (fixed ? recordSize >= 1 && recordSize <= 2 ** 20 : recordSize === 0) &&
    count >= 1 &&
    count <= 2 ** 30 &&
    size <= 2 ** 31 - 1 &&
    // Each line has its end, the last one perhaps not.
    (fixed ? count * recordSize === size : count - 1 <= size) &&
    (model === 0
      ? fixed && columns === 0 && setting === 0
      : model < 3
        ? columns >= 1 && columns <= 4096 && setting >= 1 && setting <= 65536
        : model === 3 && !fixed && columns === 0 && setting >= 8 && setting <= 22);
  if (!good) throw damaged('parameters of method multiset that are none');
  return { layout, recordSize, crlf: flags % 2 === 1, open: flags >= 2, count, size, model, columns, setting };
}

/** Bytes of memory that a decoder takes: the model, the records, the result, and some 120 bytes a record to order them. */
export function multisetMemory({ model, columns, setting, size, count }: MultisetParameters): number {
  const tables =
    model === 3 ? TextRecords.memoryOf(setting) : model > 0 ? ColumnRecords.memoryOf(columns, model === 1 ? 0 : 1) : 0;
  return Math.ceil((tables + 3 * size + 120 * count + 65536) / MEMORY_UNIT) * MEMORY_UNIT;
}

/** A model of records that knows none. */
export function recordModel(parameters: MultisetParameters): RecordModel {
  const { layout, recordSize, model, columns, setting } = parameters;
  const quotes = layout === 'csv';
  if (model === 0) return new UniformRecords(recordSize);
  if (model === 3) return new TextRecords(setting, quotes);
  const size = layout === 'fixed' ? recordSize : undefined;
  return new ColumnRecords({ size, quotes, columns, order: model === 1 ? 0 : 1, increment: setting });
}

/** Collects the raw bytes of a member and makes of them what they stand for. */
export class MultisetExpansion {
  /** Bytes of the result. */
  readonly size: number;
  private readonly parameters: MultisetParameters;
  private readonly pieces: Uint8Array[] = [];
  private length = 0;
  private finished = 0;

  /** An expansion of nothing so far. */
  constructor(parameters: MultisetParameters) {
    this.parameters = parameters;
    this.size = parameters.size;
  }

  /** Bytes of the result that are decoded, about. */
  get done(): number {
    return Math.floor((this.finished / this.parameters.count) * this.size);
  }

  /** Takes raw bytes of the member. @throws SurprisalError `corrupt` for more than their records can take. */
  push(raw: Uint8Array): void {
    this.length += raw.length;
    // A writer that needs more than the records themselves stores these.
    if (this.length > this.size + 65536) throw damaged('a multiset that takes more room than its records');
    this.pieces.push(raw);
  }

  /**
   * Decodes it, pausing now and then: yields `undefined`, and the result at the end.
   *
   * @throws SurprisalError `corrupt`.
   */
  *end(): Generator<Uint8Array | undefined, void, void> {
    const { parameters } = this;
    const { layout, recordSize, crlf, open, count, size } = parameters;
    const payload = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces.splice(0)) {
      payload.set(piece, at);
      at += piece.length;
    }
    const cursor = new Cursor(payload);
    const crc = cursor.uint32();
    const initial = cursor.varint();
    const length = cursor.varint();
    const head = length === undefined ? undefined : cursor.take(length)?.slice();
    const left = payload.length - cursor.at;
    if (crc === undefined || initial === undefined || head === undefined || left % 4 !== 0 || initial > 65536)
      throw damaged('a multiset that does not begin as one');
    if (layout !== 'csv' && head.length > 0) throw damaged('a head where there is none');
    const words = new Uint32Array(left / 4);
    for (let i = 0; i < words.length; i++) words[i] = cursor.uint32()!;
    const work = popRecords(words, recordModel(parameters), count, size);
    let step = work.next();
    for (; !step.done; step = work.next()) {
      this.finished = step.value;
      yield undefined;
    }
    const { bytes, starts, order, left: rest } = step.value;
    const seed = randomWords(initial, crc);
    if (
      rest.length !== initial + 2 ||
      rest[initial] !== 0 ||
      rest[initial + 1] !== 1 ||
      seed.some((w, i) => w !== rest[i])
    )
      throw damaged('a multiset that does not end where its coding began');
    const frame: Frame = { layout, recordSize, crlf, open, head };
    const result = joinRecords({ bytes, starts }, frame, size, order);
    if (crc32c(result) !== crc) throw damaged('the checksum of the records does not match');
    this.finished = count;
    yield result;
  }
}

/** The payload: checksum of the result, initial words, head, and the words of the stack. */
export function multisetPayload(crc: number, initial: number, head: Uint8Array, words: Uint32Array): Uint8Array {
  const start: number[] = [crc & 255, (crc >>> 8) & 255, (crc >>> 16) & 255, crc >>> 24];
  pushVarint(start, initial);
  pushVarint(start, head.length);
  const payload = new Uint8Array(start.length + head.length + 4 * words.length);
  payload.set(start);
  payload.set(head, start.length);
  const view = new DataView(payload.buffer, start.length + head.length);
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i], true);
  return payload;
}

/** Method 2: the raw bytes of the member are the code of a multiset of records. */
export const multisetMethod: Method = {
  id: 2,
  name: 'multiset',
  revision: 0,
  kind: 1,
  describe(bytes): Record<string, number> {
    try {
      const { layout, recordSize, count, size, model, columns, setting } = parseMultiset(bytes);
      const facts = { records: count, size, model, ...(model === 1 || model === 2 ? { columns } : {}) };
      return { ...facts, ...(model > 0 ? { setting } : {}), ...(layout === 'fixed' ? { recordSize } : {}) };
    } catch {
      return {};
    }
  },
  open(bytes): Model {
    const parameters = parseMultiset(bytes);
    return {
      method: multisetMethod,
      parameters: bytes,
      memory: multisetMemory(parameters),
      encoder: () => undefined,
      decoder: () => undefined,
      expansion: () => new MultisetExpansion(parameters),
    };
  },
};
