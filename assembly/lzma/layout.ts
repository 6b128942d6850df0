// Where everything lies in the memory of the LZMA kernel. What has a fixed size comes first, then what depends on the
// parameters (probabilities, window, hash chains), last the undo log, which may grow with the memory.

/** Positions of the parse that are still open lie in a ring of nodes. */
export const NODES: u32 = 1024;
export const NODE_MASK: u32 = NODES - 1;
/** Bytes that one call takes in. */
export const INBOX_BYTES: u32 = 4096;

const BASE: u32 = 0x10000;
/** Registers: what changes with every byte. A mark copies them whole, so that stores to them need no undo log. */
export const REGISTERS: u32 = BASE;
export const REGISTERS_BYTES: u32 = 64;
/** What a bit costs that had p / 2048: 2049 entries of u32, in 2^-20 bits. The host fills it in. */
export const COSTS: u32 = REGISTERS + REGISTERS_BYTES;
/** Where calls bring bytes. */
export const INBOX: u32 = (COSTS + 2049 * 4 + 63) & ~63;
/** Lengths of 256 continuations, f64 in bits. */
export const RESULTS: u32 = INBOX + INBOX_BYTES;
/** Costs of the 511 nodes of a tree of literals, u32. */
export const TREE: u32 = RESULTS + 256 * 8;
/** The cheapest step to each of 256 continuations, laid out like nodes: see bulk.ts. */
export const WINNERS: u32 = TREE + 512 * 4;
/** First winner of each parent, u32 each; -1: none. */
export const HEADS: u32 = WINNERS + 256 * 64;
/** Positions of a path, u32 each. */
export const PATH: u32 = HEADS + NODES * 4;
/** A byte for each open position. */
export const FLAGS: u32 = PATH + NODES * 4;
/** See parse.ts. */
export const OPEN: u32 = FLAGS + NODES;
export const NODE_BYTES: u32 = 64;
/** Pending steps of a match, a literal and the match's distance again: see detours.ts. */
export const DETOURS: u32 = OPEN + NODES * NODE_BYTES;
export const DETOUR_BYTES: u32 = 32;
export const MOST_DETOURS: u32 = 64;
/** Coded bytes, drained by the host. */
export const OUT: u32 = DETOURS + DETOUR_BYTES * MOST_DETOURS;
export const OUT_BYTES: u32 = 0x28000;
/** Newest position of two bytes, three bytes hashed: position + 1. */
export const PAIRS: u32 = OUT + OUT_BYTES;
export const TRIPLE_BITS: u32 = 16;
export const TRIPLES: u32 = PAIRS + 65536 * 4;
export const PARAMETERS: u32 = TRIPLES + (4 << TRIPLE_BITS);
