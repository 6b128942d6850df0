// PPM with information inheritance: a model of bytes with a way back.
import { ARENA, CUTS } from './layout';
import { restart } from './contexts';
import { decisionsInit } from './decide';
import { registers } from './state';

export { logAddress, logFree, logLength, mark, setLogging, setLogLength } from './journal';
export { forgetLevels, intervals, update } from './levels';
export { rollbackTo } from './undo';

/** Where the cumulative frequencies lie. */
export function cuts(): u32 {
  return CUTS;
}

/** Sets the model up. */
export function init(order: u32, arenaBytes: u32): void {
  registers.order = order;
  registers.end = ARENA + (arenaBytes & ~15);
  registers.restarts = 0;
  registers.last = 0;
  decisionsInit();
  restart();
}

/** Number of times that memory was full. */
export function restarts(): u32 {
  return registers.restarts;
}
