/** The kernel's function that quantises given probabilities with the least loss, from the module `tabled`. */
import { rangeError } from '../errors.ts';
import { hex } from './generated/tabled.ts';
import { instantiate, kernelModule } from './load.ts';

/** What the module exports for it. */
export interface Quantizer {
  /** Where the probabilities go: everything from here on is the caller's. */
  scratch(): number;
  /** Quantises n f64 at scratch(); returns where n + 1 cumulative frequencies lie. */
  quantizePerfectly(n: number, bits: number): number;
}

interface Instance {
  readonly exports: Quantizer;
  readonly memory: WebAssembly.Memory;
}

/** Pages that the resident instance has: 16,000 probabilities fit. */
const PAGES = 10;

let resident: Instance | undefined;

/**
 * An instance with room for n probabilities: the resident one where that is enough, else one that may be dropped.
 *
 * @throws RangeError when there are more than a memory holds.
 */
export function quantizer(n: number): Instance {
  const module = kernelModule('tabled', hex);
  resident ??= instantiate<Quantizer>(module, PAGES);
  const bytes = 36 * (n + 2);
  const pages = Math.ceil((bytes + resident.exports.scratch()) / 65536);
  if (pages > 65536) throw rangeError(`a table of ${n} symbols takes ${bytes} bytes, more than WASM can address`);
  if (pages > PAGES) return instantiate<Quantizer>(module, pages);
  return resident;
}
