/**
 * The kernel of stream coders where a family computes the intervals, one instance a realm. Families bring it to the coders
 * themselves: a coder alone does not import it.
 */
import { Coding } from './coding.ts';
import { hex } from './generated/coding.ts';

let instance: Coding | undefined;

/** The realm's instance for families, compiled at the first call. */
export function familyCoding(): Coding {
  instance ??= new Coding('coding', hex);
  return instance;
}
