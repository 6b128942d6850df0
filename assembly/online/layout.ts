// Where everything lies in the model's memory. Fixed tables first, what depends on the parameters last, so that most
// addresses are constants of the code. The compiler's own static data (tables of exp and log) lies below BASE.

import { MAP_BITS } from './tuning';

/** Contexts looked up by hash, a nibble at a time. */
export const HASHED: u32 = 16;
/** All contexts with a bit history: orders 0 and 1 are addressed directly. */
export const CONTEXTS: u32 = HASHED + 2;
/** Match models. */
export const MATCHES: u32 = 2;
/** Inputs of the first layer: a multiple of 4, what is left over stays zero. */
export const INPUTS: u32 = 20;
/** Bytes of one weight vector of the first layer. */
export const STRIDE: u32 = INPUTS * 4;
/** Neurons of the first layer, which are the inputs of the second, and the same filled up to two vectors. */
export const SETS: u32 = 6;
export const OUTPUT_LANES: u32 = 8;

/** Bytes that one kernel call takes in or gives out. */
export const CHUNK: u32 = 4096;

const BASE: u32 = 0x10000;
export const RAW: u32 = BASE;
/** Coded bytes of one call: at most 16 a raw byte, and what ending or starting a block takes. */
export const CODED: u32 = RAW + CHUNK;
/** Successors of the bit-history states: 2 bytes a state. */
export const NEXT: u32 = CODED + CHUNK * 16 + 64;
/** stretch(p) of probabilities of 12 bits, f32. */
export const STRETCH: u32 = NEXT + 512;
/** 65536 / (n + 1.6), u32. */
export const RECIPROCAL: u32 = STRETCH + 4096 * 4;
/** Initial adaptive probability maps, one row of u16. */
export const IDENTITY: u32 = RECIPROCAL + 1024 * 4;
/** Registers: what changes with every bit. A mark copies them whole, so that stores to them need no undo log. */
export const REGISTERS: u32 = (IDENTITY + 64 + 63) & ~63;
/** See State in state.ts. */
export const STATE: u32 = REGISTERS;
/** See Match in matches.ts. */
export const MATCH: u32 = STATE + 256;
/** Addresses of the contexts' slots of the current nibble. */
export const SLOTS: u32 = MATCH + MATCHES * 32;
/** Hashes of the contexts at the current byte. */
export const HASHES: u32 = SLOTS + 32 * 4;
/** Lines fetched for the next nibble, and the checks to find there. */
export const LINES: u32 = HASHES + 32 * 4;
export const CHECKS: u32 = LINES + 32 * 4;
/** Inputs of the first layer. */
export const X: u32 = CHECKS + 32 * 4;
/** Outputs of the first layer in the logistic domain: the inputs of the second. */
export const OUTPUTS: u32 = X + 32 * 4;
/** Outputs of the first layer as probabilities. */
export const CHANCES: u32 = OUTPUTS + OUTPUT_LANES * 4;
/** Addresses of the weight vectors chosen for this bit. */
export const CHOSEN: u32 = CHANCES + OUTPUT_LANES * 4;
export const REGISTERS_END: u32 = CHOSEN + SETS * 4;
/** Adaptive probabilities of the states, a map of 256 a context. */
export const STATE_MAPS: u32 = (REGISTERS_END + 63) & ~63;
/** Adaptive probabilities of the match models: by misses and length. */
export const MATCH_MAPS: u32 = STATE_MAPS + CONTEXTS * 1024;
export const ORDER0: u32 = MATCH_MAPS + MATCHES * 1024;
export const ORDER1: u32 = ORDER0 + 512;
/** The last bytes that followed a pair of bytes. */
export const INDIRECT2: u32 = ORDER1 + 256 * 512;
/** Where a hash of three bytes was seen last, and how far from the time before. */
export const LAST_SEEN: u32 = INDIRECT2 + 65536 * 4;
export const GAPS: u32 = LAST_SEEN + 4096 * 4;
/** Votes for record lengths. */
export const VOTES: u32 = GAPS + 4096 * 4;
/** Weights of the first layer: SETS times SET_SIZE vectors. */
export const WEIGHTS: u32 = (VOTES + 4096 * 4 + 63) & ~63;
export const SET_SIZE: u32 = 2048;
/** Weights of the second layer, a vector for each c0. */
export const FINAL: u32 = WEIGHTS + SETS * SET_SIZE * STRIDE;
/** Adaptive probability maps: one of 65536 rows, two of MAP_ROWS. They hold differences to IDENTITY, so start as zeros. */
export const APM_ROW: u32 = 32;
export const MAP_ROWS: u32 = 1 << MAP_BITS;
export const MAP0: u32 = (FINAL + 256 * OUTPUT_LANES * 4 + 63) & ~63;
export const MAP1: u32 = MAP0 + 65536 * APM_ROW;
export const MAP2: u32 = MAP1 + MAP_ROWS * APM_ROW;
export const FIXED_END: u32 = (MAP2 + MAP_ROWS * APM_ROW + 0xffff) & ~0xffff;
