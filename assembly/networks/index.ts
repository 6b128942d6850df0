// Kernels of networks in f32: what they compute is defined to the bit, in a fixed order of operations.
export { gemm, gemmScratch } from './gemm';
export * from './convolution';
export * from './elementwise';
export { betaBinomials, logChoices, logisticMixtures } from './likelihoods';
export {
  bernoulli,
  crossEntropy,
  divergence,
  divergenceBetween,
  firstOutside,
  logDensity,
  logits,
  sample,
  sampleBackward,
  squaredDifference,
} from './losses';
export * from './move';
export * from './normalise';
export * from './optimise';
export * from './pixels';

/** Where free memory begins. */
export function heap(): usize {
  return (__heap_base + 127) & ~127;
}
