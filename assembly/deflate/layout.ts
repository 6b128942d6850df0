// Where everything lies in the memory of the deflate oracle. The undo log comes last, as it grows. The kernel has no
// static data, so all of this starts at a fixed address.

/** zlib's window, 2^15 bytes, and the mask of positions in rings of that size. */
export const WINDOW: u32 = 32768;
export const WINDOW_MASK: u32 = WINDOW - 1;
/** Strings of three bytes are found by a hash of 15 bits. */
export const HASHES: u32 = 32768;
/** Longest and shortest match. */
export const MAX_MATCH: u32 = 258;
export const MIN_MATCH: u32 = 3;
/** With fewer bytes ahead than this zlib asks for more before it decides. */
export const MIN_LOOKAHEAD: u32 = MAX_MATCH + MIN_MATCH + 1;
/** Matches reach back this far at most. */
export const MAX_DISTANCE: u32 = WINDOW - MIN_LOOKAHEAD;
/** A lazy match of three bytes from farther than this is no gain. */
export const TOO_FAR: u32 = 4096;
/** A block ends with this many symbols: one less than zlib's buffer holds. */
export const BLOCK_SYMBOLS: u32 = 16383;

export const LITERALS: u32 = 286;
export const DISTANCES: u32 = 30;
export const END_OF_BLOCK: u32 = 256;

/** Bytes kept: more than a window and what is ahead of it. The first MIRROR bytes stand once more behind the end. */
export const RING_SIZE: u32 = 65536;
export const RING_MASK: u32 = RING_SIZE - 1;
export const MIRROR: u32 = 512;

/** The registers: what a mark copies. See State. */
export const STATE: u32 = 0x1000;
export const STATE_SIZE: u32 = 64;
/** Frequencies of the open block, u16: literals and lengths (END_OF_BLOCK is always 1), then distances. */
export const LITERAL_COUNTS: u32 = STATE + STATE_SIZE;
export const DISTANCE_COUNTS: u32 = LITERAL_COUNTS + 288 * 2;
export const COUNTS_SIZE: u32 = (288 + 32) * 2;
/** Candidates: lengths after each byte in bits, f64, and a byte each to say which are asked for. */
export const RESULTS: u32 = LITERAL_COUNTS + COUNTS_SIZE;
export const WANTED: u32 = RESULTS + 256 * 8;
/** Bytes that, coming next, may lengthen a match. */
export const EXTENDS: u32 = WANTED + 256;
/** Trees: see Tree in trees.ts; one of literals and lengths, one of distances, one of code lengths. */
export const TREE_SIZE: u32 = 8192;
export const LITERAL_TREE: u32 = EXTENDS + 256;
export const DISTANCE_TREE: u32 = LITERAL_TREE + TREE_SIZE;
export const LENGTHS_TREE: u32 = DISTANCE_TREE + TREE_SIZE;
/** Frequencies of the alphabet of code lengths, u16: of literals, of distances, of both. */
export const RUNS: u32 = LENGTHS_TREE + TREE_SIZE;
export const RUNS_SIZE: u32 = 48;
/** Lengths of headers that were computed lately: RUNS_SIZE of frequencies, then the length. */
export const HEADERS: u32 = RUNS + 4 * RUNS_SIZE;
export const HEADER_ENTRY: u32 = 64;
export const HEADER_ENTRIES: u32 = 256;
/** Lengths of blocks that were computed for one set of candidates: COUNTS_SIZE of frequencies, then the length. */
export const BLOCKS: u32 = HEADERS + HEADER_ENTRY * HEADER_ENTRIES;
export const BLOCK_ENTRY: u32 = COUNTS_SIZE + 64;
export const BLOCK_ENTRIES: u32 = 64;
/** The latest string of each hash, and for each string the one before it of the same hash: u32 positions; 0 is none. */
export const HEADS: u32 = (BLOCKS + BLOCK_ENTRY * BLOCK_ENTRIES + 63) & ~63;
export const PREVIOUS: u32 = HEADS + HASHES * 4;
export const RING: u32 = PREVIOUS + WINDOW * 4;
/** The undo log, to the end of the memory. */
export const JOURNAL: u32 = RING + RING_SIZE + MIRROR;

// The encoder has no undo log, and this in its place.
/** Symbols of the open block, u32: a literal, or length - 3 | distance << 8. */
export const OPEN_SYMBOLS: u32 = JOURNAL;
/** Code lengths by symbol, u8, and codes, u32, reversed | length << 16: of literals, distances and code lengths. */
export const LITERAL_LENGTHS: u32 = OPEN_SYMBOLS + (BLOCK_SYMBOLS + 1) * 4;
export const DISTANCE_LENGTHS: u32 = LITERAL_LENGTHS + 288;
export const LENGTHS_LENGTHS: u32 = DISTANCE_LENGTHS + 32;
export const LITERAL_CODES: u32 = LENGTHS_LENGTHS + 32;
export const DISTANCE_CODES: u32 = LITERAL_CODES + 288 * 4;
export const LENGTHS_CODES: u32 = DISTANCE_CODES + 32 * 4;
/** Next code of each length, u32. */
export const NEXT_CODES: u32 = LENGTHS_CODES + 32 * 4;
/** Bytes that come in at once. */
export const INPUT: u32 = NEXT_CODES + 64;
export const INPUT_SIZE: u32 = 32768;
/** What they can give: three blocks that fill up and the last, none as long as 2^16 bytes. */
export const OUTPUT: u32 = INPUT + INPUT_SIZE;
export const OUTPUT_SIZE: u32 = 4 << 16;
