// Where everything lies in the model's memory. Fixed tables first, then the undo log, then the arena of contexts.
// The compiler's own static data lies below BASE.

/** Longest order. */
export const ORDERS: u32 = 16;

const BASE: u32 = 0x10000;
/** Cumulative frequencies, u32 x 257. */
export const CUTS: u32 = BASE;
/** Weights of the symbols, f64 x 256. */
export const WEIGHTS: u32 = CUTS + 257 * 4 + 4;
/** Which symbols longer contexts have excluded: a byte a symbol. */
export const MASK: u32 = WEIGHTS + 256 * 8;
/** Records of the present levels: see estimate.ts. */
export const LEVEL_BYTES: u32 = 320;
export const LEVELS: u32 = (MASK + 256 + 63) & ~63;
/** States that wait for a successor, u32 each. */
export const WAITING: u32 = LEVELS + (ORDERS + 1) * LEVEL_BYTES;

/** States that are being sorted, u64 each. */
export const SORTED: u32 = (WAITING + (ORDERS + 2) * 4 + 63) & ~63;

/** Registers: what changes with every symbol. A mark copies them whole, so that stores to them need no undo log. */
export const REGISTERS: u32 = SORTED + 2048;
export const REGISTER_BYTES: u32 = 128;

/** Kinds of decisions: see estimate.ts. */
export const KINDS: u32 = 5;
/** Inputs of a decision: a constant, the frequencies' own estimate, and CELLS adaptive ones. */
export const CELLS: u32 = 4;
export const INPUTS: u32 = CELLS + 2;
/** Weights of the inputs, f64: a set a kind and order. */
export const MIXERS: u32 = REGISTERS + REGISTER_BYTES;
/** Adaptive probabilities, 8 bytes each: CELLS tables a kind of 2^TABLE_BITS. */
export const TABLE_BITS: u32 = 13;
export const TABLES: u32 = (MIXERS + KINDS * (ORDERS + 1) * INPUTS * 8 + 63) & ~63;
export const FIXED_END: u32 = TABLES + ((KINDS * CELLS * 8) << TABLE_BITS);

/** The undo log. */
export const LOG: u32 = 0x180000;
export const LOG_BYTES: u32 = 1 << 20;
/** Text and contexts: the host knows this address. */
export const ARENA: u32 = 0x280000;
