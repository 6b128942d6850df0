import { describe, expect, it } from 'vitest';
import { bytes, hex } from '../src/kernels/generated/math.ts';
import { adoptModule, instantiate, kernelModule } from '../src/kernels/load.ts';

describe('loading kernels', () => {
  it('compiles an embedded module once', () => {
    const module = kernelModule('math', hex);
    expect(module).toBeInstanceOf(WebAssembly.Module);
    expect(kernelModule('math', hex)).toBe(module);
    expect(hex.length).toBe(2 * bytes);
  });

  it('takes a module that another realm compiled', () => {
    const module = kernelModule('math', hex);
    adoptModule('math elsewhere', module);
    expect(kernelModule('math elsewhere', 'no digits at all')).toBe(module);
  });

  it('gives each instance a memory of its own that cannot grow', () => {
    const module = kernelModule('math', hex);
    const [a, b] = [instantiate(module, 2), instantiate(module, 2)];
    expect(a.memory).not.toBe(b.memory);
    expect(a.memory.buffer.byteLength).toBe(2 * 65536);
    expect(() => a.memory.grow(1)).toThrow(RangeError);
  });
});
