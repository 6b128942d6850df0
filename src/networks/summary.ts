/** What a network consists of, as a small table. */
import type { Parameters } from './parameters.ts';

/**
 * A line for each layer with the shapes of its parameters, their numbers and bytes, and a line for all.
 *
 * @example
 * console.log(summary(parameters));
 * // layer     parameters                   numbers    bytes
 * // hidden    weight 784 x 100, bias 100    78,500  314,000
 * // all                                     78,500  314,000
 */
export function summary(parameters: Parameters): string {
  const layers = new Map<string, { shapes: string[]; numbers: number }>();
  for (const { name, shape, size } of parameters.all) {
    const dot = name.lastIndexOf('.');
    const [layer, what] = dot < 0 ? [name, ''] : [name.slice(0, dot), `${name.slice(dot + 1)} `];
    const entry = layers.get(layer) ?? { shapes: [], numbers: 0 };
    entry.shapes.push(what + shape.join(' x '));
    entry.numbers += size;
    layers.set(layer, entry);
  }
  const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
  const line = (what: string, shapes: string, n: number) => [what, shapes, grouped(n), grouped(4 * n)];
  const all = parameters.all.reduce((n, { size }) => n + size, 0);
  const table = [
    ['layer', 'parameters', 'numbers', 'bytes'],
    ...[...layers].map(([name, { shapes, numbers }]) => line(name, shapes.join(', '), numbers)),
    line('all', '', all),
  ];
  const widths = table[0].map((_, i) => Math.max(...table.map((row) => row[i].length)));
  return table
    .map((row) =>
      row
        .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
