import { describe, expect, it } from 'vitest';
import { base64, bytes } from '../src/kernels/generated/math.ts';
import { adoptModule, instantiate, kernelModule } from '../src/kernels/load.ts';

describe('loading kernels', () => {
  it('compiles an embedded module once', () => {
    const module = kernelModule('math', base64);
    expect(module).toBeInstanceOf(WebAssembly.Module);
    expect(kernelModule('math', base64)).toBe(module);
    expect(atob(base64).length).toBe(bytes);
  });

  it('takes a module that another realm compiled', () => {
    const module = kernelModule('math', base64);
    adoptModule('math elsewhere', module);
    expect(kernelModule('math elsewhere', 'not base64 at all')).toBe(module);
  });

  it('gives each instance a memory of its own that cannot grow', () => {
    const module = kernelModule('math', base64);
    const [a, b] = [instantiate(module, 2), instantiate(module, 2)];
    expect(a.memory).not.toBe(b.memory);
    expect(a.memory.buffer.byteLength).toBe(2 * 65536);
    expect(() => a.memory.grow(1)).toThrow(RangeError);
  });
});
