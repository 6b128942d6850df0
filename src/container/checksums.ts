/**
 * The container's two checksums, from libraries: CRC-32C (Castagnoli, RFC 3720) for a frame, SHA-256 (FIPS 180-4) for
 * the whole. They find damage; neither authenticates anything.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import CRC32C from 'crc-32/crc32c.js';

/** CRC-32C of bytes, 0..2^32-1; pass the value so far to go on from it. */
export function crc32c(bytes: Uint8Array, soFar = 0): number {
  return CRC32C.buf(bytes, soFar | 0) >>> 0;
}

/** A running SHA-256. */
export interface Hash {
  update(bytes: Uint8Array): unknown;
  /** The 32 bytes; the hash cannot be used after. */
  digest(): Uint8Array;
}

/** Starts a SHA-256. */
export function startSha256(): Hash {
  return sha256.create();
}
