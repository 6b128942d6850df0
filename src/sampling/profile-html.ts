/**
 * Pictures of a profile: a page and a drawing of the text, each character on the colour of its surprisal. Both stand
 * alone, run no script, load nothing, and follow the reader's light or dark mode.
 */

import { rangeError } from '../errors.ts';
import type { Profile } from './profile.ts';
import { characters, type ProfiledCharacter } from './profile-characters.ts';
import { bitsLabel, colourStyles, escapeMarkup, STEPS, stepOf } from './surprisal-colours.ts';

/** Options of {@link profileHtml} and {@link profileSvg}. */
export interface ProfilePictureOptions {
  /** Heading. Default 'Surprisal'. */
  readonly title?: string;
  /** Bits at which the scale of colours ends. By default what 2 % of the characters exceed, from 4 to 24. */
  readonly mostBits?: number;
  /** Characters that are shown at most; the rest is counted and not shown. Default 20,000 for a page, 4,000 in SVG. */
  readonly maxCharacters?: number;
  /** What each symbol looks like, where they are not bytes of UTF-8. */
  readonly show?: (symbol: number) => string;
}

/** Options of {@link profileSvg}. */
export interface ProfileSvgOptions extends ProfilePictureOptions {
  /** Characters a line, 8 to 400. Default 80. */
  readonly columns?: number;
}

const HTML_MOST = 20_000;
const SVG_MOST = 4000;
/** Points of the curve. */
const CURVE = 240;

function check(options: ProfilePictureOptions): void {
  const { mostBits, maxCharacters } = options;
  if (mostBits !== undefined && !(mostBits > 0 && mostBits < Infinity))
    throw rangeError(`a scale ends at a number of bits above 0, not ${mostBits}`);
  if (maxCharacters !== undefined && !(Number.isInteger(maxCharacters) && maxCharacters >= 0))
    throw rangeError(`a picture has a whole number of characters, not ${maxCharacters}`);
}

/** Where the scale ends: a whole even number of bits, what the 98th of a hundred characters takes. */
function scaleOf(all: readonly (readonly ProfiledCharacter[])[], given: number | undefined): number {
  if (given !== undefined) return given;
  const bits = Float64Array.from(all.flat(), (character) => character.bits).sort();
  if (bits.length === 0) return 8;
  const high = bits[Math.floor(0.98 * (bits.length - 1))];
  return Math.min(24, Math.max(4, 2 * Math.ceil(high / 2)));
}

/** Five places of the scale, for its legend. */
const ticks = (most: number) => [0, 0.25, 0.5, 0.75, 1].map((part) => part * most);

function tooltip({ kind, text, label, bits, at }: ProfiledCharacter): string {
  const shown = kind === 'text' ? `${text} ` : '';
  const name = kind === 'space' ? 'space' : kind === 'tab' ? 'tab' : kind === 'newline' ? 'newline' : label;
  return `${shown}${name}, ${bits.toFixed(2)} bits, at ${at}`;
}

const STYLE = `*{box-sizing:border-box}
html{background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
body{margin:0 auto;padding:2rem clamp(1rem,4vw,3rem);max-width:120rem}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 1rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:0;overflow-wrap:anywhere}
p{margin:.4rem 0;color:var(--faint)}
.scale{max-width:30rem;margin:0 0 1.5rem}
.bar{display:flex;height:1rem;border:1px solid var(--line);border-radius:.3rem;overflow:hidden}
.bar i{flex:1}
.ticks{display:flex;justify-content:space-between;font-size:.8rem;color:var(--faint);font-variant-numeric:tabular-nums}
.codecs{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:1.5rem}
section{min-width:0}
.facts{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;margin:.2rem 0 .6rem;padding:0;list-style:none;color:var(--faint);font-size:.9rem}
.facts b{color:var(--text);font-variant-numeric:tabular-nums}
.curve{display:block;width:100%;height:3.5rem;margin:0 0 .6rem}
.curve path{fill:none;stroke:var(--text);stroke-width:1.3;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.curve line{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
pre{margin:0;padding:.8rem;border:1px solid var(--line);border-radius:.5rem;font:14px/1.65 ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre-wrap;overflow-wrap:anywhere;tab-size:4}
pre span{padding:.12em 0}
pre .x{font-size:.8em;outline:1px dotted var(--faint);outline-offset:-1px}
pre .n::before{content:'\\21b5';opacity:.55}
pre .t::before{content:'\\21e5';position:absolute;opacity:.45}
pre span:hover{outline:2px solid var(--text);outline-offset:-1px}
footer{margin-top:1.5rem;font-size:.85rem;color:var(--faint)}
@media print{pre span{print-color-adjust:exact}}`;

function textHtml(all: readonly ProfiledCharacter[], most: number): string {
  let html = '';
  for (const character of all) {
    const { kind, text, bits } = character;
    const extra = kind === 'picture' || kind === 'byte' ? ' x' : kind === 'newline' ? ' n' : kind === 'tab' ? ' t' : '';
    const content = kind === 'newline' ? '\n' : kind === 'tab' ? '\t' : escapeMarkup(text);
    html += `<span class="c${stepOf(bits, most)}${extra}" title="${escapeMarkup(tooltip(character))}">${content}</span>`;
  }
  return html;
}

/** Bits a symbol along the text, averaged over equal parts, as a line; '' for a text too short to have one. */
function curveHtml(profiled: Profile, most: number): string {
  const { bits } = profiled;
  if (bits.length < 16) return '';
  const points = Math.min(CURVE, Math.floor(bits.length / 4));
  let path = '';
  for (let p = 0; p < points; p++) {
    const from = Math.floor((p * bits.length) / points);
    const to = Math.floor(((p + 1) * bits.length) / points);
    let sum = 0;
    for (let i = from; i < to; i++) sum += bits[i];
    const y = 40 - 40 * Math.max(0, Math.min(1, sum / (to - from) / most));
    path += `${p === 0 ? 'M' : 'L'}${((p * 1000) / (points - 1)).toFixed(1)} ${y.toFixed(2)}`;
  }
  const label = `bits along the text, from 0 to ${bitsLabel(most)}`;
  return `<svg class="curve" viewBox="0 -1 1000 42" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title><line x1="0" y1="40" x2="1000" y2="40"/><line x1="0" y1="0" x2="1000" y2="0"/><path d="${path}"/></svg>`;
}

const METHODS = {
  exact: 'exact',
  'one-step': 'one step ahead',
  increments: 'growth of the length',
} as const;

function factsHtml(profiled: Profile): string {
  const { total, start, bitsPerSymbol, symbols, method, alphabetSize } = profiled;
  const unit = alphabetSize === 256 ? 'byte' : 'symbol';
  const facts = [
    `<b>${bitsPerSymbol.toFixed(3)}</b> bits a ${unit}`,
    `<b>${(total / 8).toFixed(1)}</b> bytes for ${symbols.length} ${unit}s`,
    `counted: ${METHODS[method]}`,
  ];
  if (start !== 0) facts.push(`<b>${bitsLabel(start)}</b> bits before the text`);
  return `<ul class="facts">${facts.map((fact) => `<li>${fact}</li>`).join('')}</ul>`;
}

/**
 * A page with the text, each character on the colour of its bits, which its tooltip tells, a legend, totals, and bits
 * along the text as a line. Several profiles stand side by side, all on one scale of colours. Characters of several
 * bytes have the bits of them all. Everything from the text is escaped, and the page forbids scripts to itself.
 *
 * @param profiles - One, or several codecs on one text or several.
 * @returns HTML, self-contained.
 * @throws RangeError (`invalid-argument`) for options out of range.
 * @example
 * await writeFile('text.html', profileHtml([profile(new Lz78Model(), text, { name: 'LZ78' })]));
 */
export function profileHtml(profiles: Profile | readonly Profile[], options: ProfilePictureOptions = {}): string {
  check(options);
  const { title = 'Surprisal', maxCharacters = HTML_MOST } = options;
  const list: readonly Profile[] = 'symbols' in profiles ? [profiles] : profiles;
  const all = list.map((one) => characters(one, maxCharacters, options.show));
  const most = scaleOf(all, options.mostBits);
  let classes = '';
  let bar = '';
  for (let step = 0; step <= STEPS; step++) {
    classes += `.c${step}{background:var(--b${step});color:var(--i${step})}\n`;
    bar += `<i class="c${step}"></i>`;
  }
  const marks = ticks(most)
    .map((bits, i) => `<span>${bitsLabel(bits)}${i === 4 ? ' bits or more' : ''}</span>`)
    .join('');
  const sections = list.map((one, i) => {
    const shown = all[i];
    const last = shown.at(-1);
    const end = last === undefined ? 0 : last.at + last.length;
    const rest = one.symbols.length - end;
    const cut =
      rest === 0 ? '' : `<p>… and ${rest} more ${one.alphabetSize === 256 ? 'bytes' : 'symbols'}, not shown.</p>`;
    return `<section>
<h2>${escapeMarkup(one.name === '' ? 'Codec' : one.name)}</h2>
${factsHtml(one)}
${curveHtml(one, most)}
<pre tabindex="0">${textHtml(shown, most)}</pre>
${cut}</section>`;
  });
  const shownTitle = escapeMarkup(title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${shownTitle}</title>
<style>
${colourStyles(':root')}
${STYLE}
${classes}</style>
</head>
<body>
<h1>${shownTitle}</h1>
<div class="scale" role="img" aria-label="Scale of colours from 0 to ${bitsLabel(most)} bits a character">
<div class="bar">${bar}</div>
<div class="ticks">${marks}</div>
</div>
<main class="codecs">
${sections.join('\n')}
</main>
<footer>Each character stands on the colour of what it takes to code, in bits: the less a codec expected it, the more.</footer>
</body>
</html>
`;
}

const CELL = 9;
const ROW = 20;
const PAD = 16;
const HEAD = 76;

/** Cells that a character takes on a grid: two for those of East Asia and emoji, one a letter of what stands for it. */
function cells({ kind, text }: ProfiledCharacter): number {
  if (kind === 'picture' || kind === 'byte') return Math.max(1, Math.ceil([...text].length * 0.75));
  const point = text.codePointAt(0) ?? 0;
  const wide =
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0xffe0 && point <= 0xffe6) ||
    (point >= 0x1f300 && point <= 0x1faff) ||
    (point >= 0x20000 && point <= 0x3fffd);
  return wide ? 2 : 1;
}

/**
 * A drawing of the text on a grid, each character on the colour of its bits, with a legend and the totals; tooltips
 * where the viewer has them.
 *
 * @returns an SVG document.
 * @throws RangeError (`invalid-argument`) for options out of range.
 * @example
 * await writeFile('text.svg', profileSvg(profile(new Lz78Model(), text, { name: 'LZ78' }), { columns: 60 }));
 */
export function profileSvg(profiled: Profile, options: ProfileSvgOptions = {}): string {
  check(options);
  const {
    columns = 80,
    maxCharacters = SVG_MOST,
    title = profiled.name === '' ? 'Surprisal' : profiled.name,
  } = options;
  if (!(Number.isInteger(columns) && columns >= 8 && columns <= 400))
    throw rangeError(`a line has 8 to 400 characters, not ${columns}`);
  const all = characters(profiled, maxCharacters, options.show);
  const most = scaleOf([all], options.mostBits);
  const used = new Set<number>();
  let body = '';
  let column = 0;
  let row = 0;
  for (const character of all) {
    const { kind, text, bits } = character;
    const width = Math.min(columns, cells(character));
    if (column + width > columns) {
      column = 0;
      row++;
    }
    const step = stepOf(bits, most);
    used.add(step);
    const x = PAD + column * CELL;
    const y = HEAD + row * ROW;
    const shown = kind === 'newline' ? '↵' : kind === 'tab' ? '⇥' : kind === 'space' ? '' : text;
    const small = kind === 'byte' || kind === 'picture' ? ' class="x"' : '';
    body += `<g class="c${step}"><title>${escapeMarkup(tooltip(character))}</title><rect x="${x}" y="${y}" width="${width * CELL}" height="${ROW}"/>`;
    if (shown !== '')
      body += `<text${small} x="${x + (width * CELL) / 2}" y="${y + 14.5}">${escapeMarkup([...shown].slice(0, columns).join(''))}</text>`;
    body += '</g>\n';
    column += width;
    if (kind === 'newline') {
      column = 0;
      row++;
    }
  }
  const last = all.at(-1);
  const rest = profiled.symbols.length - (last === undefined ? 0 : last.at + last.length);
  const rows = row + (column > 0 ? 1 : 0);
  const height = HEAD + rows * ROW + PAD + (rest > 0 ? 20 : 0);
  const barWidth = 8 * (STEPS + 1);
  let legend = '';
  for (let step = 0; step <= STEPS; step++) {
    used.add(step);
    legend += `<rect class="s${step}" x="${PAD + step * 8}" y="38" width="8.5" height="11"/>`;
  }
  for (const [i, bits] of ticks(most).entries()) {
    const x = PAD + (i * barWidth) / 4;
    const anchor = i === 0 ? 'start' : i === 4 ? 'end' : 'middle';
    legend += `<text class="k" x="${x}" y="64" style="text-anchor:${anchor}">${bitsLabel(bits)}</text>`;
  }
  legend += `<text class="k" x="${PAD + barWidth + 8}" y="64">bits</text>`;
  let classes = '';
  for (const step of [...used].sort((a, b) => a - b))
    classes += `.c${step} rect,.s${step}{fill:var(--b${step})}.c${step} text{fill:var(--i${step})}\n`;
  const unit = profiled.alphabetSize === 256 ? 'byte' : 'symbol';
  const facts = `${profiled.bitsPerSymbol.toFixed(3)} bits a ${unit}, ${profiled.symbols.length} ${unit}s, ${METHODS[profiled.method]}`;
  const label = escapeMarkup(`${title}: ${facts}`);
  const heading = [...title].length > 60 ? `${[...title].slice(0, 59).join('')}…` : title;
  const width = Math.max(columns * CELL, 10 * [...heading].length + 7 * facts.length) + 2 * PAD;
  const cut =
    rest > 0 ? `<text class="k" x="${PAD}" y="${height - 12}">… and ${rest} more ${unit}s, not shown</text>\n` : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
<style>
${colourStyles('svg')}
text{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;text-anchor:middle;white-space:pre}
.x{font-size:10px}
.h{font:600 15px system-ui,sans-serif;text-anchor:start;fill:var(--text)}
.k{font:12px system-ui,sans-serif;text-anchor:start;fill:var(--faint)}
.p{fill:var(--page)}
.o{fill:none;stroke:var(--line)}
${classes}</style>
<rect class="p" width="${width}" height="${height}"/>
<text class="h" x="${PAD}" y="26">${escapeMarkup(heading)} <tspan class="k" dx="8">${escapeMarkup(facts)}</tspan></text>
${legend}
<rect class="o" x="${PAD - 0.5}" y="37.5" width="${barWidth + 1}" height="12" rx="2"/>
${body}${cut}</svg>
`;
}
