/**
 * The figures of docs/bits-back.md, drawn from what examples/bits-back.ts does:
 *
 *     npx tsx scripts/bits-back-figures.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Autoencoder, chain, drawings, heights, SIDE, trained } from '../examples/bits-back.ts';
import { BucketedGaussian, equalMassEdges } from '../src/models/buckets.ts';

const style = `
  .back { fill: #ffffff } text { font: 12px system-ui, sans-serif; fill: #1f2328 } .quiet { fill: #59636e }
  .title { font-size: 15px; font-weight: 600 } .small { font-size: 11px } .frame { fill: none; stroke: #8c959f }
  .grid { stroke: #d1d9e0; fill: none } .axis { stroke: #59636e; fill: none }
  .start { fill: #afb8c1 } .x { fill: #0969da } .z { fill: #1a7f37 } .gone { fill: none; stroke: #cf222e; stroke-dasharray: 4 3 }
  text.x { fill: #0969da } text.z { fill: #1a7f37 } text.gone { fill: #cf222e; stroke: none }
  .ink { fill: #1f2328 } .one { stroke: #cf222e; fill: none; stroke-width: 2 } .two { stroke: #0969da; fill: none; stroke-width: 2 }
  text.one { fill: #cf222e; stroke: none } text.two { fill: #0969da; stroke: none }
  .shade { fill: #ddf4ff } .bar { fill: #1a7f37 } .prior { fill: none; stroke: #0969da; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } text { fill: #f0f6fc } .quiet { fill: #9198a1 } .grid { stroke: #30363d } .axis { stroke: #9198a1 }
    .start { fill: #656c76 } .x { fill: #4493f8 } .z { fill: #3fb950 } .gone { stroke: #f85149 }
    text.x { fill: #4493f8 } text.z { fill: #3fb950 } text.gone { fill: #f85149 }
    .ink { fill: #f0f6fc } .one { stroke: #f85149 } .two { stroke: #4493f8 }
    text.one { fill: #f85149 } text.two { fill: #4493f8 }
    .shade { fill: #121d2f } .bar { fill: #3fb950 } .prior { stroke: #4493f8 }
  }`;

function svg(width: number, height: number, label: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">`,
    `<style>${style}</style>`,
    `<rect class="back" width="${width}" height="${height}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

const fixed = (x: number): string => x.toFixed(1);
const text = (x: number, y: number, words: string, kind = '', anchor = 'middle'): string =>
  `<text class="${kind}" x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${words}</text>`;
const rect = (kind: string, x: number, y: number, width: number, height: number): string =>
  `<rect class="${kind}" x="${fixed(x)}" y="${fixed(y)}" width="${fixed(width)}" height="${fixed(height)}"/>`;
const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(1)}`;

/** A drawing as one path. */
function thumbnail(image: Int32Array, x: number, y: number, size: number): string {
  const cell = size / SIDE;
  const cells = [...image].flatMap((on, i) =>
    on === 1
      ? [
          `M${(x + (i % SIDE) * cell).toFixed(2)} ${(y + Math.floor(i / SIDE) * cell).toFixed(2)}h${cell}v${cell}h${-cell}z`,
        ]
      : [],
  );
  return `<path class="ink" d="${cells.join('')}"/>${rect('frame', x, y, size, size)}`;
}

interface Part {
  kind: 'start' | 'x' | 'z';
  bits: number;
}

/** The stack after each step as a column of what lies on it. */
function stackFigure(model: Autoencoder, images: readonly Int32Array[]): string {
  const { initialBits, steps } = chain(model, images);
  const [width, height, left, top, bottom] = [960, 500, 56, 64, 378];
  const most = Math.max(initialBits, ...steps.map((step) => step.bits)) + 12;
  const y = (bits: number): number => bottom - (bits / most) * (bottom - top);
  const gap = (width - left - 20) / (steps.length + 1);
  const wide = gap * 0.62;
  const out = [text(left, 26, 'Four images on one stack: what lies on it after each step, in bits', 'title', 'start')];
  for (let bits = 0; bits <= most; bits += 50) {
    out.push(`<path class="grid" d="M${left} ${fixed(y(bits))}H${width - 20}"/>`);
    out.push(text(left - 8, y(bits) + 4, String(bits), 'quiet', 'end'));
  }
  let parts: Part[] = [{ kind: 'start', bits: initialBits }];
  let before = initialBits;
  const column = (index: number, change: number, what: string): void => {
    const x = left + gap * (index + 0.5) - wide / 2;
    let at = 0;
    for (const part of parts) {
      out.push(rect(part.kind, x, y(at + part.bits), wide, Math.max(0.5, y(at) - y(at + part.bits) - 1)));
      at += part.bits;
    }
    if (change < 0) out.push(rect('gone', x, y(at - change), wide, y(at) - y(at - change) - 1));
    const kind = what === '' ? 'quiet' : what.startsWith('pop') ? 'gone' : what.slice(-1);
    out.push(
      text(x + wide / 2, y(Math.max(at, at - change)) - 6, change === 0 ? fixed(at) : signed(change), `small ${kind}`),
    );
    out.push(text(x + wide / 2, bottom + 18, what === '' ? 'start' : what, `small ${kind}`));
  };
  column(0, 0, '');
  for (const [i, step] of steps.entries()) {
    const change = step.bits - before;
    if (change < 0) {
      let rest = -change;
      const kept: Part[] = [];
      for (const part of [...parts].reverse()) {
        const taken = Math.min(rest, part.bits);
        rest -= taken;
        if (part.bits - taken > 0) kept.unshift({ kind: part.kind, bits: part.bits - taken });
      }
      parts = kept;
    } else parts = [...parts, { kind: step.what.endsWith('x') ? 'x' : 'z', bits: change }];
    column(i + 1, change, step.what);
    before = step.bits;
  }
  for (const [i, image] of images.entries()) {
    const middle = left + gap * (3 * i + 2.5);
    out.push(thumbnail(image, middle - 24, bottom + 30, 48));
    const net = steps[3 * i + 2].bits - (i === 0 ? initialBits : steps[3 * i - 1].bits);
    out.push(text(middle, bottom + 96, `net ${signed(net)} bits`, 'small'));
  }
  let key = left;
  for (const [kind, name] of [
    ['start', 'bits that were there'],
    ['x', 'x given z'],
    ['z', 'z under the prior'],
    ['gone', 'taken off as z given x'],
  ]) {
    out.push(rect(kind, key, 40, 12, 12));
    out.push(text(key + 18, 50, name, 'quiet', 'start'));
    key += 40 + 6.6 * name.length;
  }
  return svg(width, height, 'The stack after each step of pushing four images', out);
}

const density = (z: number, mean: number, deviation: number): number =>
  Math.exp(-0.5 * ((z - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));

/** Buckets of equal mass, and a posterior on 16 and on 64 of them. */
function bucketsFigure(): string {
  const [width, height, top, bottom] = [960, 340, 78, 282];
  const [mean, deviation] = [0.6, 0.3];
  const out = [
    text(
      40,
      26,
      'A latent in buckets of equal mass: four times the buckets, two bits more to pop and two more to push',
      'title',
      'start',
    ),
  ];
  // Densities.
  const [left, right] = [40, 320];
  const x = (z: number): number => left + ((z + 2.6) / 5.2) * (right - left);
  const y = (p: number): number => bottom - (p / 1.45) * (bottom - top);
  const edges16 = equalMassEdges('gaussian', 16);
  const ends = [-2.6, ...edges16, 2.6];
  for (let i = 0; i < 16; i += 2) out.push(rect('shade', x(ends[i]), top, x(ends[i + 1]) - x(ends[i]), bottom - top));
  const curve = (m: number, s: number): string =>
    Array.from({ length: 131 }, (_, i) => -2.6 + i * 0.04)
      .map((z) => `${fixed(x(z))} ${fixed(y(density(z, m, s)))}`)
      .join('L');
  out.push(`<path class="two" d="M${curve(0, 1)}"/>`, `<path class="one" d="M${curve(mean, deviation)}"/>`);
  out.push(rect('frame', left, top, right - left, bottom - top));
  out.push(text((left + right) / 2, top - 10, 'densities, and the edges of 16 buckets', 'quiet'));
  out.push(text(x(-1.45), y(0.3), 'prior', 'two'), text(x(1.22), y(1.2), 'posterior', 'one', 'start'));
  for (const z of [-2, -1, 0, 1, 2]) out.push(text(x(z), bottom + 18, String(z).replace('-', '−'), 'quiet small'));
  out.push(text((left + right) / 2, bottom + 38, 'z', 'quiet'));
  // Masses.
  const interval = { left: 0, probability: 0 };
  for (const [from, bits] of [
    [360, 4],
    [660, 6],
  ]) {
    const n = 2 ** bits;
    const model = new BucketedGaussian(equalMassEdges('gaussian', n), mean, deviation);
    const masses = Array.from({ length: n }, (_, i) => {
      model.interval(i, interval);
      return interval.probability / 2 ** 24;
    });
    const entropy = masses.reduce((sum, q) => sum - q * Math.log2(q), 0);
    const most = Math.max(...masses) * 1.12;
    const wide = 270 / n;
    const at = (q: number): number => bottom - (q / most) * (bottom - top);
    for (const [i, q] of masses.entries()) out.push(rect('bar', from + i * wide, at(q), wide * 0.86, bottom - at(q)));
    out.push(`<path class="prior" d="M${from} ${fixed(at(1 / n))}H${from + 270}"/>`);
    out.push(rect('frame', from, top, 270, bottom - top));
    out.push(text(from + 135, top - 10, `masses of ${n} buckets`, 'quiet'));
    out.push(text(from + 4, at(1 / n) - 5, `prior: 1/${n} each`, 'two small', 'start'));
    out.push(text(from + 135, bottom + 18, `push ${bits} bits, pop ${entropy.toFixed(2)} on average`, 'small'));
    out.push(text(from + 135, bottom + 38, `net ${(bits - entropy).toFixed(3)}`, 'small'));
  }
  const exact = (mean ** 2 + deviation ** 2 - 1) / 2 - Math.log(deviation);
  out.push(
    text(
      width - 30,
      bottom + 54,
      `divergence of the densities: ${(exact / Math.LN2).toFixed(3)} bits`,
      'quiet small',
      'end',
    ),
  );
  return svg(width, height, 'Buckets of equal mass and the masses of a posterior on them', out);
}

/** One push of a hierarchy in either order, and how deep it goes for more layers. */
function ordersFigure(): string {
  const [width, height, top, bottom] = [960, 400, 74, 296];
  const layers = 4;
  const runs = [
    { kind: 'one', name: 'BB-ANS: all layers first', steps: heights('bb-ans', layers) },
    { kind: 'two', name: 'Bit-Swap: in turns', steps: heights('bit-swap', layers) },
  ];
  const [left, right] = [66, 600];
  const all = runs.flatMap(({ steps }) => steps.map((step) => step.bits));
  const [low, high] = [Math.floor(Math.min(...all) / 500) * 500, 600];
  const y = (bits: number): number => bottom - ((bits - low) / (high - low)) * (bottom - top);
  const count = runs[0].steps.length;
  const x = (i: number): number => left + (i / count) * (right - left - 12);
  const out = [
    text(left, 26, 'One value of a hierarchy in two orders: bits on the stack, from where it began', 'title', 'start'),
  ];
  for (let bits = low; bits <= high; bits += 500) {
    out.push(`<path class="${bits === 0 ? 'axis' : 'grid'}" d="M${left} ${fixed(y(bits))}H${right}"/>`);
    out.push(text(left - 8, y(bits) + 4, String(bits).replace('-', '−'), 'quiet small', 'end'));
  }
  out.push(rect('frame', left, top, right - left, bottom - top));
  for (const [row, { kind, name, steps }] of runs.entries()) {
    let path = `M${fixed(x(0))} ${fixed(y(0))}`;
    for (const [i, step] of steps.entries()) {
      path += `L${fixed(x(i + 1))} ${fixed(y(step.bits))}`;
      out.push(text(x(i + 1), bottom + 20 + 18 * row, step.name, `small ${kind}`));
      out.push(`<circle class="${kind}" cx="${fixed(x(i + 1))}" cy="${fixed(y(step.bits))}" r="2.5"/>`);
    }
    out.push(`<path class="${kind}" d="${path}"/>`);
    out.push(text(left + 220 * row, top - 14, name, kind, 'start'));
  }
  // The deepest point against the number of layers.
  const [from, to] = [672, 940];
  const deepest = (order: 'bb-ans' | 'bit-swap', n: number): number =>
    -Math.min(...heights(order, n).map((step) => step.bits));
  const most = 4500;
  const px = (n: number): number => from + ((n - 0.5) / 8) * (to - from);
  const py = (bits: number): number => bottom - (bits / most) * (bottom - top);
  for (let bits = 0; bits <= most; bits += 1000) {
    out.push(`<path class="grid" d="M${from} ${fixed(py(bits))}H${to}"/>`);
    out.push(text(from - 6, py(bits) + 4, String(bits), 'quiet small', 'end'));
  }
  out.push(rect('frame', from, top, to - from, bottom - top));
  for (const { kind, order } of [
    { kind: 'one', order: 'bb-ans' },
    { kind: 'two', order: 'bit-swap' },
  ] as const) {
    const points = [2, 3, 4, 5, 6, 7, 8].map((n) => `${fixed(px(n))} ${fixed(py(deepest(order, n)))}`);
    out.push(`<path class="${kind}" d="M${points.join('L')}"/>`);
    for (const point of points) {
      const [cx, cy] = point.split(' ');
      out.push(`<circle class="${kind}" cx="${cx}" cy="${cy}" r="2.5"/>`);
    }
  }
  for (let n = 2; n <= 8; n++) out.push(text(px(n), bottom + 20, String(n), 'quiet small'));
  out.push(text((from + to) / 2, bottom + 38, 'layers', 'quiet small'));
  out.push(text(from, top - 14, 'initial bits that it takes', '', 'start'));
  out.push(
    text(
      left,
      height - 38,
      '64 numbers a layer, 1,024 bins a number, a posterior that is exact.',
      'quiet small',
      'start',
    ),
    text(
      left,
      height - 20,
      'z1 is the layer next to the value x. Both orders end at about the same height: the net length.',
      'quiet small',
      'start',
    ),
  );
  return svg(width, height, 'The height of the stack during one push in two orders', out);
}

/** All figures by their names. */
export function figures(model: Autoencoder = trained()): Map<string, string> {
  return new Map([
    ['bits-back-stack.svg', stackFigure(model, drawings(4, 8))],
    ['bits-back-buckets.svg', bucketsFigure()],
    ['bits-back-orders.svg', ordersFigure()],
  ]);
}

const here = fileURLToPath(import.meta.url);
if (process.argv[1] === here) {
  const folder = join(dirname(here), '../docs/figures');
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of figures()) writeFileSync(join(folder, name), content);
}
