/** Size against speed as an SVG, one panel for each direction: lower is smaller, further right is faster. */
import { type FileResults, totals } from './results.ts';

const [width, height] = [960, 470];
const top = 66;
const bottom = height - 74;
const panels = [
  { left: 62, right: 474, key: 'compressSpeed', title: 'compressing' },
  { left: 534, right: 950, key: 'decompressSpeed', title: 'restoring' },
] as const;

const style = `
  .back { fill: #ffffff } text { font: 12px system-ui, sans-serif; fill: #1f2328 } .quiet { fill: #59636e }
  .title { font-size: 15px; font-weight: 600 } .frame { fill: none; stroke: #8c959f } .grid { stroke: #d1d9e0 }
  .ours { fill: #cf222e } text.ours { font-weight: 700 } .JavaScript { fill: #0969da } .native { fill: #59636e }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } text { fill: #f0f6fc } .quiet { fill: #9198a1 } .grid { stroke: #30363d }
    .ours { fill: #ff7b72 } .JavaScript { fill: #58a6ff } .native { fill: #9198a1 }
  }`;

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

const overlap = (a: Box, b: Box) =>
  Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));

/** Puts each label where it covers least of what is there already. */
function place(x: number, y: number, text: string, taken: Box[], frame: Box): { x: number; y: number } {
  const [w, h] = [text.length * 6.8, 14];
  const around = [
    [8, -7],
    [-w - 8, -7],
    [-w / 2, -22],
    [-w / 2, 8],
    [8, -20],
    [8, 7],
    [-w - 8, -20],
    [-w - 8, 7],
    [-w / 2, -36],
    [-w / 2, 22],
  ];
  let best = { x, y };
  let least = Number.POSITIVE_INFINITY;
  for (const [dx, dy] of around) {
    const box = { x: x + dx!, y: y + dy!, w, h };
    const outside = w * h - overlap(box, frame);
    const covered = taken.reduce((sum, other) => sum + overlap(box, other), 0);
    const cost = Math.round(4 * outside + covered);
    if (cost < least) [best, least] = [box, cost];
  }
  taken.push({ ...best, w, h });
  return best;
}

/** The chart of a run, with its own background, for light and dark pages. */
export function scatter(results: FileResults): string {
  const points = totals(results);
  const sizes = points.map((point) => point.bitsPerByte);
  const step = Math.max(...sizes) - Math.min(...sizes) > 1.5 ? 0.5 : 0.25;
  const low = Math.floor(Math.min(...sizes) / step - 0.3) * step;
  const high = Math.ceil(Math.max(...sizes) / step + 0.1) * step;
  const y = (size: number) => bottom - ((size - low) / (high - low)) * (bottom - top);
  const speeds = points.flatMap((point) => [point.compressSpeed, point.decompressSpeed]);
  const from = Math.log10(Math.min(...speeds)) - 0.25;
  const to = Math.log10(Math.max(...speeds)) + 0.35;
  const out: string[] = [];
  const raw = results.files.reduce((sum, file) => sum + file.bytes, 0);
  const count = `${results.files.length} file${results.files.length === 1 ? '' : 's'}`;
  out.push(`<text class="title" x="62" y="24">Size against speed, ${count}, ${(raw / 1e6).toFixed(1)} MB</text>`);
  for (const { left, right, key, title } of panels) {
    const x = (speed: number) => left + ((Math.log10(speed) - from) / (to - from)) * (right - left);
    out.push(`<text x="${left}" y="${top - 10}">${title}: bits a byte (lower is smaller)</text>`);
    for (let decade = Math.ceil(from); decade <= to; decade++) {
      const at = x(10 ** decade).toFixed(1);
      out.push(`<line class="grid" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/>`);
      const label = decade < 0 ? (10 ** decade).toFixed(-decade) : String(10 ** decade);
      out.push(`<text class="quiet" x="${at}" y="${bottom + 17}" text-anchor="middle">${label}</text>`);
    }
    for (let size = low; size <= high + 1e-9; size += step) {
      const at = y(size).toFixed(1);
      out.push(`<line class="grid" x1="${left}" x2="${right}" y1="${at}" y2="${at}"/>`);
      out.push(`<text class="quiet" x="${left - 7}" y="${Number(at) + 4}" text-anchor="end">${size.toFixed(2)}</text>`);
    }
    out.push(`<rect class="frame" x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"/>`);
    const speedTitle = 'MB of the file a second of processor time (further right is faster)';
    out.push(`<text x="${(left + right) / 2}" y="${bottom + 36}" text-anchor="middle">${speedTitle}</text>`);
    const frame = { x: left, y: top, w: right - left, h: bottom - top };
    const taken = points.map((point) => ({ x: x(point[key]) - 5, y: y(point.bitsPerByte) - 5, w: 10, h: 10 }));
    for (const point of points) {
      const [cx, cy] = [x(point[key]), y(point.bitsPerByte)];
      const at = place(cx, cy, point.title, taken, frame);
      const name = escaped(point.title);
      const speed = `${point[key].toPrecision(3)} MB/s`;
      out.push(
        `<circle class="${point.kind}" cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="5">` +
          `<title>${name}: ${point.bitsPerByte.toFixed(3)} bits a byte, ${speed}</title></circle>`,
        `<text class="${point.kind}" x="${at.x.toFixed(1)}" y="${(at.y + 11).toFixed(1)}">${name}</text>`,
      );
    }
  }
  const { processor } = results.machine;
  const note = `Red: this package. Blue: JavaScript and WASM packages. Grey: native programs. ${processor}, one thread, ${results.date}.`;
  out.push(`<text class="quiet" x="62" y="${height - 12}">${escaped(note)}</text>`);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Size against speed">\n` +
    `<style>${style}\n</style>\n<rect class="back" width="${width}" height="${height}"/>\n${out.join('\n')}\n</svg>\n`
  );
}
