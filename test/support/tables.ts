/** Table models for the coders' tests: nothing but cumulative frequencies. */
import fc from 'fast-check';
import type { EntropyModel, Interval, Precision } from '../../src/models/model.ts';
import { impossibleSymbol } from '../../src/models/model.ts';

export interface TestModel extends EntropyModel {
  readonly table: Uint32Array;
}

/** The model of these cumulative frequencies; without a kernel, bulk calls go symbol by symbol. */
export function tableModel(table: Uint32Array, precision: Precision = 24, min = 0, kernel = true): TestModel {
  const at = (s: number, into: Interval) => {
    into.left = table[s];
    into.probability = table[s + 1] - table[s];
  };
  return {
    precision,
    table,
    kernel: kernel ? { table, min } : undefined,
    interval(symbol, into) {
      const s = symbol - min;
      if (!(Number.isInteger(s) && s >= 0 && s < table.length - 1))
        throw impossibleSymbol(symbol, min, min + table.length - 2);
      at(s, into);
    },
    symbolAt(quantile, into) {
      let s = 0;
      while (table[s + 1] <= quantile) s++;
      at(s, into);
      return s + min;
    },
  };
}

/** Cumulative frequencies from widths; the last takes what is missing to 2^precision. */
export function cumulative(widths: readonly number[], precision: Precision = 24): Uint32Array {
  const table = new Uint32Array(widths.length + 1);
  widths.forEach((width, i) => {
    table[i + 1] = table[i] + width;
  });
  table[widths.length] = 2 ** precision;
  return table;
}

/** Tables of 2 to 40 symbols, even and very uneven ones. */
export function tables(precision: Precision): fc.Arbitrary<Uint32Array> {
  const one = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: precision - 1 }).map((e) => 2 ** e - 1),
    fc.nat(4000),
  );
  return fc.array(one, { minLength: 2, maxLength: 40 }).map((weights) => {
    const total = weights.reduce((sum, w) => sum + w, 0);
    const free = 2 ** precision - weights.length;
    const widths = weights.map((w) => 1 + (total > 0 ? Math.floor((w * free) / total) : 0));
    return cumulative(widths, precision);
  });
}

/** A table with symbols of it. */
export function messages(precision: Precision, maxLength = 300) {
  return tables(precision).chain((table) =>
    fc.record({
      table: fc.constant(table),
      symbols: fc.array(fc.nat(table.length - 2), { maxLength }).map((list) => Int32Array.from(list)),
    }),
  );
}

/** Words that may be anything. */
export const anyWords = (small: boolean, minLength = 0, maxLength = 60) =>
  fc
    .array(fc.oneof(fc.integer({ min: 0, max: small ? 0xffff : 0xffffffff }), fc.constantFrom(0, 1)), {
      minLength,
      maxLength,
    })
    .map((list) => (small ? Uint16Array.from(list) : Uint32Array.from(list)));
