/**
 * Content kind `records`: files whose records have no order. Their order is not kept: what comes back is the same
 * multiset of records, sorted byte by byte, under the same header line.
 *
 * Two ways are tried, and the smaller archive is the result. Sorted order under the online compressor suits text, where
 * neighbours share their beginnings. Multiset coding (structures/record-sets.ts) suits records that a simple model
 * knows all about, as ids, hashes and numbers: it saves log2(n!) bits in full.
 */
import { log2 } from '../codecs/log2.ts';
import { crc32c } from '../container/checksums.ts';
import { encodeHeader, type Header, parseHeader } from '../container/header.ts';
import { SurprisalError } from '../errors.ts';
import { compress, decompress } from '../index.ts';
import { MAX_TEXT_RECORD, TextRecords } from '../structures/record-models.ts';
import { compareBytes, type PushedRecords, pushRecords, type Records } from '../structures/record-sets.ts';
import { Pacer } from './drive.ts';
import { KIND_RECORDS } from './methods.ts';
import {
  type MultisetParameters,
  multisetBytes,
  multisetMemory,
  multisetMethod,
  multisetPayload,
  RECORD_MODELS,
  recordModel,
} from './multiset-method.ts';
import {
  type CompressOptions,
  checkEncodeOptions,
  checkedBytes,
  DEFAULT_MAX_MEMORY,
  type DecompressOptions,
} from './options.ts';
import { bestColumns } from './record-costs.ts';
import {
  joinRecords,
  type SplitFile,
  type SplitOptions,
  sameRecords,
  sortRecords,
  splitRecords,
} from './record-layout.ts';
import { storedArchive } from './stored.ts';

export { type RecordLayout, type SplitOptions, splitRecords } from './record-layout.ts';

/** Options of {@link compressRecords}: how the file is divided, and those of compressing but for segments. */
export interface RecordsOptions extends SplitOptions, Omit<CompressOptions, 'segmentSize' | 'size' | 'sizeHint'> {
  /** What compresses sorted records to an archive, to do so elsewhere. Default: `compress` of the entry `surprisal`. */
  readonly compress?: (bytes: Uint8Array, options: CompressOptions) => Promise<Uint8Array>;
}

/** What {@link compressRecords} has found. Sizes are whole archives, in bytes. */
export interface CompressedRecords {
  /** The smaller archive. */
  readonly archive: Uint8Array;
  /** Which it is. */
  readonly coding: 'sorted' | 'multiset';
  /** Size of the archive of the sorted records. */
  readonly sorted: number;
  /** Size of the best archive of the multiset; undefined where none was tried. */
  readonly multiset: number | undefined;
  /** Model of that archive: `uniform`, `columns`, `columns, order 1` or `text`. */
  readonly model: string | undefined;
  /** Why no multiset was tried. */
  readonly reason: string | undefined;
  /** Number of records. */
  readonly records: number;
  /** Bytes that an order of these records takes: log2(n! / (m1! m2! ...)) / 8. */
  readonly order: number;
}

/** Largest file whose records the slow model of text is tried on, in bytes. */
const MAX_TEXT = 2 ** 26;

/**
 * Compresses a file whose records have no order: it comes back as the same multiset of records, in sorted order.
 *
 * @throws TypeError or RangeError with a `code` on wrong options, or when the file cannot be divided that way;
 *   SurprisalError `limit` for a file of more than 1 GiB or a model of more than `maxMemory`; the signal's reason.
 * @example
 * ```ts
 * const { archive, coding } = await compressRecords(new TextEncoder().encode('b\na\nb\n'));
 * new TextDecoder().decode(await decompressRecords(archive)); // 'a\nb\nb\n'
 * ```
 */
export async function compressRecords(bytes: Uint8Array, options: RecordsOptions = {}): Promise<CompressedRecords> {
  const { layout, size, header, compress: compressBytes = compress, progress, ...rest } = options;
  const given = checkedBytes('the input', bytes);
  checkEncodeOptions({ ...rest, progress });
  const file = splitRecords(given, { layout, size, header });
  const records = sortRecords(file);
  const canonical = joinRecords(records, file.frame);
  const total = 2 * given.length;
  let first = 0;
  const pacer = new Pacer({ signal: rest.signal, progress }, () => ({ done: first, total }));
  const sortedJob = compressBytes(canonical, { ...rest, segmentSize: undefined }).then(asRecords);
  // Awaited below, or not at all when the other way fails first.
  sortedJob.catch(() => {});
  const tried = await tryMultiset(file, records, canonical, options, async (done) => {
    first = done;
    if (pacer.due) await pacer.pause();
  });
  first = given.length;
  const sorted = await sortedJob;
  first = total;
  pacer.finish();
  const { archive: other, model, reason } = tried;
  const smaller = other !== undefined && other.length < sorted.length;
  return {
    archive: smaller ? other : sorted,
    coding: smaller ? 'multiset' : 'sorted',
    sorted: sorted.length,
    multiset: other?.length,
    model,
    reason,
    records: records.starts.length - 1,
    order: orderBits(records) / 8,
  };
}

/**
 * Decompresses an archive of records: the records in sorted order, below their header line where there is one.
 *
 * @throws as `decompress` of the entry `surprisal`, which opens such archives too.
 */
export function decompressRecords(archive: Uint8Array, options: DecompressOptions = {}): Promise<Uint8Array> {
  return decompress(archive, options);
}

/**
 * Whether `restored` has the same header line and the same multiset of records as `original`, whatever their order.
 *
 * @throws as {@link splitRecords} when the original cannot be divided that way.
 */
export function equalRecords(original: Uint8Array, restored: Uint8Array, options: SplitOptions = {}): boolean {
  const { layout, size, header } = options;
  const file = splitRecords(original, { layout, size, header });
  if (restored.length !== original.length) return false;
  try {
    return sameRecords(file, splitRecords(restored, { layout, size, header }, file.frame.crlf));
  } catch {
    // Bytes that cannot be divided in the same way are others.
    return false;
  }
}

/** The archive of a file as one of records: only its header changes, as it has one segment. */
function asRecords(archive: Uint8Array): Uint8Array {
  const parsed = parseHeader(archive, 0, archive.length)!;
  const header = encodeHeader({ ...parsed.header, kind: KIND_RECORDS });
  const whole = new Uint8Array(header.length + archive.length - parsed.length);
  whole.set(header);
  whole.set(archive.subarray(parsed.length), header.length);
  return whole;
}

/** log2 of the number of orders that these sorted records can come in. */
function orderBits({ bytes, starts }: Records): number {
  let bits = 0;
  let copies = 1;
  for (let i = 1; i < starts.length - 1; i++) {
    const same = compareBytes(bytes, starts[i - 1], starts[i], bytes, starts[i], starts[i + 1]) === 0;
    copies = same ? copies + 1 : 1;
    bits += log2(i + 1) - log2(copies);
  }
  return bits;
}

interface Tried {
  readonly archive?: Uint8Array;
  readonly model?: string;
  readonly reason?: string;
}

/** The smallest archive that multiset coding makes of the records. */
async function tryMultiset(
  file: SplitFile,
  records: Records,
  canonical: Uint8Array,
  options: RecordsOptions,
  pause: (done: number) => Promise<void>,
): Promise<Tried> {
  const { frame } = file;
  const { maxMemory = DEFAULT_MAX_MEMORY, name, mtime } = options;
  const count = records.starts.length - 1;
  if (count === 0) return { reason: 'there are no records' };
  const { layout, recordSize, crlf, open } = frame;
  const base = { layout, recordSize, crlf, open, count, size: canonical.length };
  const candidates: MultisetParameters[] = [];
  const columns = bestColumns(records, recordSize);
  if (columns !== undefined) candidates.push({ ...base, ...columns });
  if (layout !== 'fixed' && canonical.length <= MAX_TEXT && longest(records) <= MAX_TEXT_RECORD)
    candidates.push({ ...base, model: 3, columns: 0, setting: TextRecords.bitsFor(canonical.length) });
  const fitting = candidates.filter((parameters) => multisetMemory(parameters) <= maxMemory);
  if (fitting.length === 0)
    return {
      reason: candidates.length > 0 ? 'it takes more memory than allowed' : 'the records are too many or too long',
    };
  const crc = crc32c(canonical);
  let best: Tried | undefined;
  for (const [k, parameters] of fitting.entries()) {
    const work = pushRecords(records, () => recordModel(parameters), crc);
    let step = work.next();
    try {
      for (; !step.done; step = work.next())
        await pause(Math.floor(((k + step.value / count) / fitting.length) * canonical.length));
    } catch (error) {
      if (!(error instanceof SurprisalError && error.code === 'out-of-data')) throw error;
      continue;
    }
    const archive = multisetArchive(parameters, crc, frame.head, step.value, { name, mtime });
    if (best === undefined || archive.length < best.archive!.length)
      best = { archive, model: RECORD_MODELS[parameters.model] };
  }
  return best ?? { reason: 'the records cost less than their order' };
}

function longest({ starts }: Records): number {
  let most = 0;
  for (let i = 1; i < starts.length; i++) most = Math.max(most, starts[i] - starts[i - 1]);
  return most;
}

function multisetArchive(
  parameters: MultisetParameters,
  crc: number,
  head: Uint8Array,
  { words, initial }: PushedRecords,
  { name, mtime }: Pick<Header, 'name' | 'mtime'>,
): Uint8Array {
  const payload = multisetPayload(crc, initial, head, words);
  const { id: method, revision } = multisetMethod;
  return storedArchive(
    {
      kind: KIND_RECORDS,
      method,
      revision,
      parameters: multisetBytes(parameters),
      memory: multisetMemory(parameters),
      name,
      mtime,
    },
    payload,
  );
}
