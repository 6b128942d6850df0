/**
 * Compiling and instantiating the embedded WASM kernels.
 *
 * Nothing happens at import: a page whose policy lacks `wasm-unsafe-eval` may import everything and fails only when it
 * uses a kernel. A module is compiled once a realm and can be posted to a worker ({@link adoptModule}).
 */
const compiled = new Map<string, WebAssembly.Module>();

/** Kernels are embedded in hexadecimal digits: gzip packs those to a fifth less than base64, which hides repeated bytes. */
function decodeHex(text: string): Uint8Array<ArrayBuffer> {
  const digit = (at: number): number => {
    const code = text.charCodeAt(at);
    return (code & 15) + (code >> 6) * 9;
  };
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digit(2 * i) << 4) | digit(2 * i + 1);
  return bytes;
}

/** The compiled module called `name`, compiled on first use. */
export function kernelModule(name: string, hex: string): WebAssembly.Module {
  let module = compiled.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(decodeHex(hex));
    compiled.set(name, module);
  }
  return module;
}

/** Makes a module compiled elsewhere (and received by `postMessage`) the one that {@link kernelModule} returns. */
export function adoptModule(name: string, module: WebAssembly.Module): void {
  compiled.set(name, module);
}

/**
 * A fresh instance of a kernel on a memory of `pages` 64 KiB pages, which can never grow.
 *
 * @throws RangeError when the engine cannot allocate the memory.
 */
export function instantiate<Exports>(
  module: WebAssembly.Module,
  pages: number,
): { exports: Exports; memory: WebAssembly.Memory } {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = new WebAssembly.Instance(module, {
    env: {
      memory,
      abort: () => {
        throw new Error('a kernel aborted');
      },
    },
  });
  return { exports: instance.exports as Exports, memory };
}
