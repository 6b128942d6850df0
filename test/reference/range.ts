/**
 * The binary range coder of the online compressor, plainly: bounds of 32 bits, probabilities of 16 bits, no carry.
 * Products stay below 2^53, so doubles hold them exactly.
 */
import type { ReferenceModel } from './online.ts';

/** Bounds of 32 bits, both included; a 1 takes the lower part. */
class Range {
  low = 0;
  high = 0xffffffff;

  /** The last number that means 1. */
  middle(p: number): number {
    return this.low + Math.floor(((this.high - this.low) * p) / 65536);
  }

  narrow(bit: number, middle: number): void {
    if (bit) this.high = middle;
    else this.low = middle + 1;
  }

  /** Whether the first byte is decided; then shifts it out. */
  shift(): boolean {
    if (this.low >>> 24 !== this.high >>> 24) return false;
    this.low = (this.low << 8) >>> 0;
    this.high = ((this.high << 8) | 255) >>> 0;
    return true;
  }
}

/** Codes a block with a model that learns from it. */
export function encodeReference(model: ReferenceModel, bytes: Uint8Array): Uint8Array {
  const range = new Range();
  const coded: number[] = [];
  for (const byte of bytes)
    for (let k = 7; k >= 0; k--) {
      const bit = (byte >> k) & 1;
      range.narrow(bit, range.middle(model.predict()));
      for (let first = range.high >>> 24; range.shift(); first = range.high >>> 24) coded.push(first);
      model.update(bit);
    }
  // As few bytes as name a number within the bounds when zeros follow.
  for (let n = 0; n <= 4; n++) {
    const unit = 2 ** (32 - 8 * n);
    const value = Math.ceil(range.low / unit) * unit;
    if (value <= range.high) {
      for (let k = 0; k < n; k++) coded.push(Math.floor(value / 2 ** (24 - 8 * k)) & 255);
      break;
    }
  }
  return Uint8Array.from(coded);
}

/** Decodes a block of `length` raw bytes. */
export function decodeReference(model: ReferenceModel, coded: Uint8Array, length: number): Uint8Array {
  const range = new Range();
  let at = 4;
  let code = [0, 1, 2, 3].reduce((sum, i) => sum * 256 + (coded[i] ?? 0), 0);
  return Uint8Array.from({ length }, () => {
    let byte = 1;
    while (byte < 256) {
      const middle = range.middle(model.predict());
      const bit = code <= middle ? 1 : 0;
      range.narrow(bit, middle);
      while (range.shift()) code = ((code << 8) | (coded[at++] ?? 0)) >>> 0;
      model.update(bit);
      byte = byte * 2 + bit;
    }
    return byte & 255;
  });
}
