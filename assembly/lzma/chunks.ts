// Chunks of LZMA2: at most 2 MiB of input and 64 KiB of code each. Where one ends is decided by the model's costs, so that
// an oracle that writes nothing knows too.
import { OUT, REGISTERS } from './layout';
import { BIT, spent } from './model';
import { logging } from './journal';
import { emitting, finishCoder, out, setOut, startCoder } from './range';

// Registers.
/** First position of the chunk, and the costs of all before it. */
const CHUNK_FROM: u32 = REGISTERS + 36;
const CHUNK_SPENT: u32 = REGISTERS + 40;
/** Chunks that are complete. */
export const CHUNKS: u32 = REGISTERS + 48;

/** A step costs far less than what these leave free. */
const MOST_SPENT: u64 = <u64>(65536 - 512) * 8 * BIT;
const MOST_BYTES: u32 = (1 << 21) - 1024;
/** Of the first header, which also resets all; later ones lack the properties. */
const FIRST_HEADER: u32 = 6;

let chunked: bool = false;
let properties: u32 = 0;
/** Where the open chunk's header goes. */
export let openAt: u32 = OUT;

export function chunksInit(on: bool, propertiesByte: u32): void {
  chunked = on;
  properties = propertiesByte;
}

function headerBytes(): u32 {
  return load<u32>(CHUNKS) == 0 ? FIRST_HEADER : FIRST_HEADER - 1;
}

export function startEncoding(): void {
  openAt = OUT;
  setOut(OUT + (chunked ? headerBytes() : 0));
  startCoder();
}

/** Bytes that can be drained. */
export function ready(): u32 {
  return (chunked ? openAt : out) - OUT;
}

/** Moves what is not drained to the front. */
export function drained(): void {
  const bytes = ready();
  memory.copy(OUT, OUT + bytes, out - OUT - bytes);
  setOut(out - bytes);
  openAt -= bytes;
  if (!chunked) openAt = OUT;
}

/** Ends the chunk before a position when it is full enough. */
export function closeChunk(position: u32): void {
  if (!chunked) return;
  if (spent - load<u64>(CHUNK_SPENT) < MOST_SPENT && position - load<u32>(CHUNK_FROM) < MOST_BYTES) return;
  endChunk(position);
}

function endChunk(position: u32): void {
  if (emitting && !logging) {
    finishCoder();
    writeHeader(position - load<u32>(CHUNK_FROM) - 1);
    openAt = out;
  }
  store<u32>(CHUNK_FROM, position);
  store<u64>(CHUNK_SPENT, spent);
  store<u32>(CHUNKS, load<u32>(CHUNKS) + 1);
  if (emitting && !logging) {
    setOut(out + headerBytes());
    startCoder();
  }
}

function writeHeader(most: u32): void {
  const bytes = headerBytes();
  const coded = out - openAt - bytes - 1;
  store<u8>(openAt, (bytes == FIRST_HEADER ? 0xe0 : 0x80) | (most >>> 16));
  store<u8>(openAt, most >>> 8, 1);
  store<u8>(openAt, most, 2);
  store<u8>(openAt, coded >>> 8, 3);
  store<u8>(openAt, coded, 4);
  if (bytes == FIRST_HEADER) store<u8>(openAt, properties, 5);
}

/** Ends the last chunk, or the only stream. */
export function endEncoding(position: u32): void {
  if (!chunked) finishCoder();
  else if (position > load<u32>(CHUNK_FROM)) endChunk(position);
}

/** Bits of all steps before the open chunk. */
export function chunkSpent(): f64 {
  return <f64>load<u64>(CHUNK_SPENT) / BIT;
}

/** Where the open chunk begins. */
export function chunkFrom(): u32 {
  return load<u32>(CHUNK_FROM);
}
