/** The online kernels without their classes, and where some of their data lies: as assembly/online/layout.ts has it. */
import { hex as plain } from '../../src/kernels/generated/online.ts';
import { hex as journalled } from '../../src/kernels/generated/online_bits.ts';
import { instantiate, kernelModule } from '../../src/kernels/load.ts';
import { type OnlineParameters, onlineMemory } from '../../src/sequence/online.ts';

const CODED = 0x10000 + 4096;
const NEXT = CODED + 16 * 4096 + 64;
const STRETCH = NEXT + 512;
const IDENTITY = STRETCH + 4096 * 4 + 1024 * 4;
const REGISTERS = IDENTITY + 64;
const STATE_MAPS = align64(align64(REGISTERS) + 1048);
const VOTES = STATE_MAPS + 18 * 1024 + 2 * 1024 + 512 + 256 * 512 + 65536 * 4 + 2 * 4096 * 4;
export const layout = { NEXT, STRETCH, IDENTITY, VOTES } as const;

function align64(address: number): number {
  return Math.ceil(address / 64) * 64;
}

/** The compressing kernel; `end` is the first address behind the model. */
export function plainKernel({ tableBits, historyBits }: OnlineParameters): { end: number; memory: WebAssembly.Memory } {
  const pages = onlineMemory({ tableBits, historyBits }) / 65536;
  const { exports, memory } = instantiate<{ init(t: number, h: number): number }>(kernelModule('online', plain), pages);
  return { end: exports.init(tableBits, historyBits), memory };
}

export interface JournalledKernel {
  init(tableBits: number, historyBits: number, journalBytes: number): number;
  probability(): number;
  update(bit: number): void;
  mark(): number;
  rollback(mark: number): number;
  release(mark: number): number;
  journalFree(): number;
}

/** The kernel with the undo log. */
export function journalledKernel(parameters: OnlineParameters, journalBytes: number) {
  const pages = Math.ceil((onlineMemory(parameters) + journalBytes) / 65536);
  const { exports, memory } = instantiate<JournalledKernel>(kernelModule('online_bits', journalled), pages);
  const end = exports.init(parameters.tableBits, parameters.historyBits, journalBytes);
  return { exports, memory, end };
}
