/** What a record of a multiset costs, against how many there are, as an SVG: bits in one panel, time in the other. */
import type { MultisetResults } from './multiset.ts';

const [width, height] = [960, 400];
const top = 70;
const bottom = height - 56;
const panels = [
  { left: 62, right: 460 },
  { left: 546, right: 944 },
] as const;

const style = `
  .back { fill: #ffffff } text { font: 12px system-ui, sans-serif; fill: #1f2328 } .quiet { fill: #59636e }
  .title { font-size: 15px; font-weight: 600 } .frame { fill: none; stroke: #8c959f } .grid { stroke: #d1d9e0 }
  .one { fill: #cf222e; stroke: #cf222e } .two { fill: #0969da; stroke: #0969da } .ideal { stroke: #59636e; stroke-dasharray: 4 4 }
  path { fill: none !important; stroke-width: 1.6 } text.one, text.two { stroke: none }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } text { fill: #f0f6fc } .quiet { fill: #9198a1 } .grid { stroke: #30363d }
    .one { fill: #ff7b72; stroke: #ff7b72 } .two { fill: #58a6ff; stroke: #58a6ff } .ideal { stroke: #9198a1 }
  }`;

interface Line {
  name: string;
  class: string;
  /** A value for each row. */
  values: number[];
}

/** One panel: lines over log10 n, from 0 up to a round number above all values. */
function panel(at: number, title: string, unit: string, sizes: number[], lines: Line[]): string {
  const { left, right } = panels[at]!;
  const most = Math.max(...lines.flatMap((line) => line.values));
  const step = [1, 2, 4, 8, 16, 100, 200, 500, 1000, 2000].find((one) => most / one <= 8) ?? most / 4;
  const high = Math.ceil(most / step) * step;
  const [first, last] = [Math.log10(sizes[0]!), Math.log10(sizes.at(-1)!)];
  const x = (n: number) => left + ((Math.log10(n) - first) / (last - first)) * (right - left);
  const y = (value: number) => bottom - (value / high) * (bottom - top);
  const out = [`<text x="${left}" y="${top - 12}">${title}</text>`];
  for (let value = 0; value <= high; value += step) {
    out.push(`<path class="grid" d="M${left} ${y(value).toFixed(1)}H${right}"/>`);
    out.push(
      `<text class="quiet" text-anchor="end" x="${left - 6}" y="${(y(value) + 4).toFixed(1)}">${value}${unit}</text>`,
    );
  }
  for (const n of sizes) {
    const label = n < 1e6 ? n.toLocaleString('en') : `${n / 1e6} M`;
    out.push(`<text class="quiet" text-anchor="middle" x="${x(n).toFixed(1)}" y="${bottom + 18}">${label}</text>`);
  }
  out.push(`<rect class="frame" x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"/>`);
  let key = left + 8;
  for (const line of lines) {
    const points = line.values.map((value, i) => `${x(sizes[i]!).toFixed(1)} ${y(value).toFixed(1)}`);
    out.push(`<path class="${line.class}" d="M${points.join('L')}"/>`);
    if (line.class !== 'ideal')
      for (const point of points) {
        const [cx, cy] = point.split(' ');
        out.push(`<circle class="${line.class}" cx="${cx}" cy="${cy}" r="3"/>`);
      }
    out.push(
      `<text class="${line.class === 'ideal' ? 'quiet' : line.class}" x="${key}" y="${bottom - 10}">${line.name}</text>`,
    );
    key += 16 + line.name.length * 7;
  }
  return out.join('\n');
}

/** The chart of a run, with its own background, for light and dark pages. */
export function plot({ rows, size }: MultisetResults): string {
  const sizes = rows.map((row) => row.n);
  const bits = panel(0, `bits a record, of ${8 * size} with an order`, '', sizes, [
    { name: 'measured', class: 'one', values: rows.map((row) => row.bits / row.n) },
    { name: `ideal: ${8 * size} - log2(n!) / n`, class: 'ideal', values: rows.map((row) => row.ideal / row.n) },
  ]);
  const time = panel(1, 'nanoseconds a record', '', sizes, [
    { name: 'compressing', class: 'one', values: rows.map((row) => row.pushTime / row.n) },
    { name: 'restoring', class: 'two', values: rows.map((row) => row.popTime / row.n) },
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Cost of a record of a multiset">`,
    `<style>${style}</style>`,
    `<rect class="back" width="${width}" height="${height}"/>`,
    `<text class="title" x="62" y="28">What a record of a multiset costs: n random ids of ${size} bytes</text>`,
    bits,
    time,
    `<text class="quiet" text-anchor="middle" x="${width / 2}" y="${height - 8}">n, records (logarithmic)</text>`,
    '</svg>\n',
  ].join('\n');
}
