// The same model bit by bit, with the way back: what searching and sampling need. Built with JOURNAL = 1.
import { journalInit } from './journal';
import { init as initModel } from './model';

export { probability, update } from './model';
export { journalFree, mark, release, rollback } from './journal';

/** Lays the model out, and behind it an undo log of so many bytes. Returns the first address behind both. */
export function init(tableBits: u32, historyBits: u32, journalBytes: u32): u32 {
  const end = initModel(tableBits, historyBits);
  journalInit(end, end + journalBytes);
  return end + journalBytes;
}
