/**
 * The scale of colours of heat maps: from the page's own colour, for no surprise, through yellow and red to violet. Its
 * lightness falls (in dark mode: rises) all the way, so that it reads without seeing colours too.
 */

/** Steps of the scale: classes c0 to c32. */
export const STEPS = 32;

const LIGHT = ['#ffffff', '#fff2c2', '#ffdc8f', '#fcb769', '#ef8553', '#d15556', '#a42f63', '#701f66', '#3b1150'];
const DARK = ['#16171d', '#2c1d4a', '#562066', '#862867', '#b23d5e', '#d8604c', '#ee8f43', '#f8c164', '#fdf2b3'];

function mix(stops: readonly string[], step: number): [number, number, number] {
  const place = (step / STEPS) * (stops.length - 1);
  const i = Math.min(Math.floor(place), stops.length - 2);
  const channel = (text: string, k: number) => Number.parseInt(text.slice(1 + 2 * k, 3 + 2 * k), 16);
  const of = (k: number) =>
    Math.round(channel(stops[i], k) + (place - i) * (channel(stops[i + 1], k) - channel(stops[i], k)));
  return [of(0), of(1), of(2)];
}

const css = (rgb: readonly number[]) => `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;

/** Which of black and white can be read better on a colour: luminance as in sRGB, its curve taken as a square. */
function ink([red, green, blue]: readonly number[]): string {
  const luminance = (0.2126 * red * red + 0.7152 * green * green + 0.0722 * blue * blue) / 65025;
  // Contrast with black is (l + .05) / .05, with white 1.05 / (l + .05): equal at .179.
  return luminance > 0.179 ? '#16171d' : '#ffffff';
}

/** The step of the scale for bits, of which `most` and more are the last. */
export function stepOf(bits: number, most: number): number {
  return Math.max(0, Math.min(STEPS, Math.round((bits / most) * STEPS)));
}

/**
 * A style sheet of the scale: custom properties `--bN` (the colour) and `--iN` (what can be read on it) for N from 0 to
 * 32, in light and, where the reader prefers it, dark mode, with `--page`, `--text`, `--faint` and `--line` beside them.
 *
 * @param selector - Where the properties are set.
 */
export function colourStyles(selector: string): string {
  const properties = (stops: readonly string[]) => {
    let text = '';
    for (let step = 0; step <= STEPS; step++) {
      const rgb = mix(stops, step);
      text += `--b${step}:${css(rgb)};--i${step}:${ink(rgb)};`;
    }
    return text;
  };
  return `${selector}{color-scheme:light dark;--page:#fff;--panel:#f7f7f9;--text:#16171d;--faint:#62646e;--line:#d9dae0;${properties(LIGHT)}}
@media (prefers-color-scheme:dark){${selector}{--page:#16171d;--panel:#1e2028;--text:#ecedf2;--faint:#a0a3b1;--line:#373a46;${properties(DARK)}}}`;
}

/** A number of bits to read: at most two digits after the point. */
export function bitsLabel(bits: number): string {
  return bits
    .toFixed(2)
    .replace(/\.?0+$/, '')
    .replace(/^-0$/, '0');
}

/** Escapes text for the content and the attributes of HTML and SVG. Controls that XML forbids become U+FFFD. */
export function escapeMarkup(text: string): string {
  return text
    .replace(/(?![\t\n\r])\p{Cc}|[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}
