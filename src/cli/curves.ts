/** Curves of a training: in a terminal's line, as a table, as a picture. */

/** An epoch's end. */
export interface CurvePoint {
  /** Epochs done. */
  readonly epoch: number;
  /** Mean bound over the epoch, in bits a dimension. */
  readonly bound: number;
  /** Net bits a dimension of test images as coded. */
  readonly test?: number;
}

const BARS = '▁▂▃▄▅▆▇█';

/** Numbers as a row of bars, at most `width` of them. */
export function sparkline(values: readonly number[], width = 40): string {
  const shown =
    values.length <= width
      ? values
      : Array.from({ length: width }, (_, i) => values[Math.round((i * (values.length - 1)) / (width - 1))]);
  const low = Math.min(...shown);
  const span = Math.max(...shown) - low || 1;
  return shown.map((value) => BARS[Math.min(7, Math.floor(((value - low) / span) * 8))]).join('');
}

/** The curve as a file: SVG for a name that ends so, else a table with tabs. */
export function curveFile(path: string, curve: readonly CurvePoint[], title: string): Uint8Array {
  return new TextEncoder().encode(/\.svg$/i.test(path) ? svg(curve, title) : table(curve));
}

function table(curve: readonly CurvePoint[]): string {
  const rows = curve.map(({ epoch, bound, test }) => `${epoch}\t${bound.toFixed(6)}\t${test?.toFixed(6) ?? ''}\n`);
  return `epoch\tbound\ttest\n${rows.join('')}`;
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, MARGIN] = [640, 360, 64, 44, 16];

function svg(curve: readonly CurvePoint[], title: string): string {
  const values = curve.flatMap(({ bound, test }) => (test === undefined ? [bound] : [bound, test]));
  const low = Math.min(...values);
  const high = Math.max(...values, low + 1e-6);
  const last = Math.max(...curve.map(({ epoch }) => epoch), 2);
  const x = (epoch: number): string => (LEFT + ((epoch - 1) / (last - 1)) * (WIDTH - LEFT - MARGIN)).toFixed(1);
  const y = (value: number): string =>
    (MARGIN + ((high - value) / (high - low)) * (HEIGHT - MARGIN - BOTTOM)).toFixed(1);
  const line = (points: readonly (readonly [number, number])[], colour: string): string =>
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map(([a, b]) => `${x(a)},${y(b)}`).join(' ')}"/>`;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => low + share * (high - low));
  const tests = curve.flatMap(({ epoch, test }) => (test === undefined ? [] : [[epoch, test] as const]));
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${title}: bits a dimension by epoch</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...ticks.map(
      (value) =>
        `<path d="M${LEFT} ${y(value)}H${WIDTH - MARGIN}" stroke="#ddd"/><text x="${LEFT - 6}" y="${y(value)}" dy="4" text-anchor="end">${value.toFixed(3)}</text>`,
    ),
    ...[...new Set([1, Math.round((1 + last) / 2), last])].map(
      (epoch) => `<text x="${x(epoch)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${epoch}</text>`,
    ),
    `<text x="${(WIDTH + LEFT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">epoch</text>`,
    line(
      curve.map(({ epoch, bound }) => [epoch, bound]),
      '#1f6feb',
    ),
    `<text x="${WIDTH - MARGIN}" y="${MARGIN + 4}" text-anchor="end" fill="#1f6feb">bound, bits a dimension</text>`,
    ...(tests.length === 0
      ? []
      : [
          line(tests, '#d1570b'),
          `<text x="${WIDTH - MARGIN}" y="${MARGIN + 20}" text-anchor="end" fill="#d1570b">test images as coded</text>`,
        ]),
    '</svg>\n',
  ];
  return parts.join('\n');
}
