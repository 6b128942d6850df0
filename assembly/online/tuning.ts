// Numbers found by trying, on text, source code, JSON, tables and images. Changing one changes the bits.

/** Counts at which adaptive probabilities stop slowing down: of bit histories and of match lengths. */
export const HISTORY_LIMIT: u32 = 255;
export const MATCH_LIMIT: u32 = 1023;
/** Every weight of the first layer at the start. */
export const WEIGHT: f32 = 0.09;
/** Learning rates: of the first layer at the start and in the end, the share by which it falls with each bit, and of
 *  the second layer. */
export const RATE_START: f32 = 0.02;
export const RATE_END: f32 = 0.004;
export const RATE_FALL: f32 = 0.0002;
export const RATE_FINAL: f32 = 0.002;
/** An error of the network too small to learn from: what is left out so makes no file larger, and most a little smaller. */
export const ENOUGH: f32 = 0.002;
/** Adaptive probability maps move by 2^-MAP_SHIFT of the error; log2 of the rows of the hashed ones. */
export const MAP_SHIFT: u32 = 5;
export const MAP_BITS: u32 = 14;
