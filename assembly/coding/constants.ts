// Numbers that a family needs beside its parameters: edges of buckets, a table of Student's t, the counts of an
// adaptive model. The host keeps them in memory and says where they are. They may start at any multiple of four.

export let constants: usize = 0;

export function useConstants(at: usize): void {
  constants = at;
}
