/** Runs `work` and returns the bytes of each WebAssembly memory that was made meanwhile. */
export async function countMemories(work: () => unknown): Promise<number[]> {
  const { Memory } = WebAssembly;
  const made: number[] = [];
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      made.push(descriptor.initial * 65536);
    }
  };
  try {
    await work();
  } finally {
    WebAssembly.Memory = Memory;
  }
  return made;
}
