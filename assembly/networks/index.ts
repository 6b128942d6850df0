// Kernels of networks in f32: what they compute is defined to the bit, in a fixed order of operations.
export { gemm, gemmScratch } from './gemm';
export * from './elementwise';
export * from './optimise';

/** Where free memory begins. */
export function heap(): usize {
  return (__heap_base + 127) & ~127;
}
