// The registers of the model: a struct at a fixed address.
import { STATE } from './layout';

// @ts-ignore: decorator
@unmanaged
export class State {
  // Where we are.
  /** The bits of the current byte so far behind a leading 1. */
  c0: u32;
  /** The same within the current nibble. */
  node: u32;
  /** Bits of the current byte seen, 0..7. */
  bits: u32;
  /** The last four bytes, latest lowest, and the four before them. */
  c4: u32;
  c8: u32;
  /** Bytes seen. */
  position: u32;

  // The prediction.
  /** Probability that the next bit is 1, in 1/65536, 1..65535. */
  probability: u32;
  /** The second layer's output, in the logistic domain and as a probability, and which of its weights it took. */
  mixed: f32;
  chance: f32;
  final: u32;
  /** Learning rate of the first layer. */
  rate: f32;
  /** Cells of the adaptive probability maps, and the step of their rows. */
  map0: u32;
  map1: u32;
  map2: u32;
  mapStep: u32;
  /** Base rows of the maps for this nibble. */
  mapBase1: u32;
  mapBase2: u32;
  /** How many of the orders 2 to 8 have seen their context before. */
  hits: u32;

  // What the text looks like.
  /** Hashes of the current word and of the two before it. */
  word: u32;
  word1: u32;
  word2: u32;
  /** Classes of the last bytes, three bits each; the same without repeated letters and digits, four bits each. */
  classes: u32;
  skeleton: u32;
  /** Where this line and the line before it start. */
  line: u32;
  line1: u32;
  /** Length of the records that the data seems to be made of; 0: none. */
  record: u32;

  /** Made of bytes read only to have them fetched; keeps the reads alive. */
  touched: u32;
}

// @ts-ignore: decorator
@inline
export function state(): State {
  return changetype<State>(STATE);
}
