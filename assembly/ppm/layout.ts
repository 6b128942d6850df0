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
/** Values of the states of a chain of contexts, f64 x 256 a context, and sums of values with escapes, f64 a context. */
export const VALUES: u32 = (MASK + 256 + 63) & ~63;
export const TOTALS: u32 = VALUES + (ORDERS + 1) * 2048;
/** Values of the same symbols in the context's suffix, f64 x 256 a context. */
export const BELOW: u32 = TOTALS + (ORDERS + 1) * 8;
/** The newest value of each symbol, f64 x 256. */
export const BY_SYMBOL: u32 = BELOW + (ORDERS + 1) * 2048;
/** Records of the present levels: see levels.ts. */
export const LEVEL_BYTES: u32 = 256;
export const LEVELS: u32 = (BY_SYMBOL + 2048 + 63) & ~63;
/** States that wait for a successor, u32 each. */
export const WAITING: u32 = LEVELS + (ORDERS + 1) * LEVEL_BYTES;

/** States that are being sorted, u64 each. */
export const SORTED: u32 = (WAITING + (ORDERS + 2) * 4 + 63) & ~63;

/** Registers: what changes with every symbol. A mark copies them whole, so that stores to them need no undo log. */
export const REGISTERS: u32 = SORTED + 2048;
export const REGISTER_BYTES: u32 = 128;

/** Kinds of decisions: see levels.ts. */
export const KINDS: u32 = 5;
/** Adaptive probabilities of a decision, and its inputs: a constant and two estimates more. */
export const CELLS: u32 = 4;
export const INPUTS: u32 = CELLS + 3;
/** Weights of the inputs and how often they have learnt, f64: a set a kind and order. */
export const MIXERS: u32 = REGISTERS + REGISTER_BYTES;
export const MIXER_BYTES: u32 = (INPUTS + 1) * 8;
/** Adaptive probabilities, 8 bytes each: CELLS tables a kind of 2^TABLE_BITS. */
export const TABLE_BITS: u32 = 13;
export const TABLES: u32 = (MIXERS + KINDS * (ORDERS + 1) * MIXER_BYTES + 63) & ~63;

/** The undo log: past TABLES, which end at about 0x166000. */
export const LOG: u32 = 0x180000;
export const LOG_BYTES: u32 = 1 << 20;
/** Text and contexts: the host knows this address. */
export const ARENA: u32 = 0x280000;
