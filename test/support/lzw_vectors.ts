/** Inputs of test/vectors/lzw.json. */
import vectors from '../vectors/lzw.json' with { type: 'json' };

/** What a part of an input is: its kind and numbers. */
export type Part = readonly (string | number)[];

/** An input by its parts, one after the other. */
export function lzwInput(parts: readonly Part[]): Uint8Array {
  const pieces = parts.map(([kind, n, k, seed]) => {
    const count = n as number;
    switch (kind) {
      case 'text':
        return new TextEncoder().encode(vectors.text.repeat(count));
      case 'zeros':
        return new Uint8Array(count);
      case 'bytes':
        return Uint8Array.from({ length: count }, (_, i) => i);
      default: {
        let state = seed as number;
        return Uint8Array.from({ length: count }, () => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          return (state >>> 16) % (k as number);
        });
      }
    }
  });
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}
