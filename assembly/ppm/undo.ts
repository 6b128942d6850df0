// Going back.
import { undo } from './journal';
import { forgetLevels } from './levels';

/** Undoes what the log holds past `length` bytes. */
export function rollbackTo(length: u32): void {
  undo(length);
  forgetLevels();
}
