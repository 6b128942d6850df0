/** Pictures of profiles: nothing of a text gets out of them, and what they show is what was counted. */
import { describe, expect, it } from 'vitest';
import { profile } from '../src/sampling/profile.ts';
import { profileHtml, profileSvg } from '../src/sampling/profile-html.ts';
import { RleOracle } from '../src/sampling/rle.ts';
import { escapeMarkup, stepOf } from '../src/sampling/surprisal-colours.ts';
import { Lz78Model } from '../src/sequence/lz78.ts';
import { randomBytes } from './support/random.ts';

/** Names of all elements. */
const tags = (markup: string) => new Set(Array.from(markup.matchAll(/<\/?([a-z!][a-z0-9]*)/gi), ([, name]) => name));
const withoutStyle = (markup: string) => markup.replace(/<style>[\s\S]*?<\/style>/g, '');
const evil = `</pre><script>alert(1)</script>" onload='x' ]]> &lt; <!-- \0\u202e\ud7ff\ufffe`;

describe('a page', () => {
  it('shows characters with their bits', () => {
    const profiled = profile(new RleOracle(), 'aab\tc\n', { method: 'increments', name: 'RLE' });
    const html = profileHtml(profiled, { mostBits: 16, title: 'Runs' });
    const spans = html.match(/<span class="c\d+[\s\S]*?<\/span>/g) ?? [];
    expect(spans.map((span) => span.replace('\n', '↓').replace('\t', '→'))).toEqual([
      '<span class="c18" title="a U+0061, 9.00 bits, at 0">a</span>',
      '<span class="c4" title="a U+0061, 2.00 bits, at 1">a</span>',
      '<span class="c18" title="b U+0062, 9.00 bits, at 2">b</span>',
      '<span class="c18 t" title="tab, 9.00 bits, at 3">→</span>',
      '<span class="c18" title="c U+0063, 9.00 bits, at 4">c</span>',
      '<span class="c18 n" title="newline, 9.00 bits, at 5">↓</span>',
    ]);
    expect(html).toContain('<h1>Runs</h1>');
    expect(html).toContain('growth of the length');
  });

  it('lets nothing out of the text, the name or the title', () => {
    const hostile = { title: evil, show: undefined };
    for (const text of [evil, randomBytes(3000, 7)]) {
      const profiled = profile(new Lz78Model(), text, { name: evil });
      const html = profileHtml([profiled, profiled], hostile);
      expect([...tags(withoutStyle(html))].sort()).toEqual(
        '!doctype b body div footer h1 h2 head html i li line main meta path pre section span svg title ul'.split(' '),
      );
      expect(html).not.toContain('<script');
      expect(html).not.toMatch(/\son\w+=["']/);
      const svg = profileSvg(profiled, hostile);
      expect([...tags(withoutStyle(svg))].sort()).toEqual(['g', 'rect', 'svg', 'text', 'title', 'tspan']);
    }
    const shown = profile(new Lz78Model({ alphabetSize: 2 }), [0, 1, 1]);
    expect(profileHtml(shown, { show: () => '<i>' })).toContain('>&lt;i&gt;</span>');
  });

  it('is bounded', () => {
    const profiled = profile(new Lz78Model(), 'word '.repeat(50));
    const html = profileHtml(profiled, { maxCharacters: 20 });
    expect(html.match(/<span class/g)?.length).toBe(20);
    expect(html).toContain('… and 230 more bytes, not shown.');
    expect(profileSvg(profiled, { maxCharacters: 20 })).toContain('… and 230 more bytes, not shown');
    expect(profileHtml(profile(new Lz78Model(), ''))).toContain('<pre tabindex="0"></pre>');
    expect(profileHtml([])).toContain('<main');
  });

  it('refuses options out of range', () => {
    const profiled = profile(new Lz78Model(), 'a');
    for (const mostBits of [0, -1, NaN, Infinity])
      expect(() => profileHtml(profiled, { mostBits })).toThrow(RangeError);
    expect(() => profileHtml(profiled, { maxCharacters: -1 })).toThrow(RangeError);
    for (const columns of [7, 401, 8.5]) expect(() => profileSvg(profiled, { columns })).toThrow(RangeError);
  });

  it('is well-formed where the host can tell', () => {
    if (typeof DOMParser === 'undefined') return;
    for (const text of [evil, randomBytes(500, 8)]) {
      const svg = profileSvg(profile(new Lz78Model(), text, { name: evil }));
      const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
      expect(parsed.querySelector('parsererror')).toBeNull();
      const page = new DOMParser().parseFromString(profileHtml(profile(new Lz78Model(), text)), 'text/html');
      expect(page.querySelectorAll('script, img, a').length).toBe(0);
    }
  });
});

describe('a drawing', () => {
  it('is what it was', () => {
    const svg = profileSvg(profile(new RleOracle(), 'aab 漢\n<', { method: 'increments', name: 'RLE' }), {
      columns: 8,
    });
    expect(withoutStyle(svg).replace(/<rect class="s\d+"[^>]*>/g, '')).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" width="398" height="132" viewBox="0 0 398 132" role="img" aria-label="RLE: 8.222 bits a byte, 9 bytes, growth of the length">

      <rect class="p" width="398" height="132"/>
      <text class="h" x="16" y="26">RLE <tspan class="k" dx="8">8.222 bits a byte, 9 bytes, growth of the length</tspan></text>
      <text class="k" x="16" y="64" style="text-anchor:start">0</text><text class="k" x="82" y="64" style="text-anchor:middle">2.5</text><text class="k" x="148" y="64" style="text-anchor:middle">5</text><text class="k" x="214" y="64" style="text-anchor:middle">7.5</text><text class="k" x="280" y="64" style="text-anchor:end">10</text><text class="k" x="288" y="64">bits</text>
      <rect class="o" x="15.5" y="37.5" width="265" height="12" rx="2"/>
      <g class="c29"><title>a U+0061, 9.00 bits, at 0</title><rect x="16" y="76" width="9" height="20"/><text x="20.5" y="90.5">a</text></g>
      <g class="c6"><title>a U+0061, 2.00 bits, at 1</title><rect x="25" y="76" width="9" height="20"/><text x="29.5" y="90.5">a</text></g>
      <g class="c29"><title>b U+0062, 9.00 bits, at 2</title><rect x="34" y="76" width="9" height="20"/><text x="38.5" y="90.5">b</text></g>
      <g class="c29"><title>space, 9.00 bits, at 3</title><rect x="43" y="76" width="9" height="20"/></g>
      <g class="c32"><title>漢 U+6F22, 27.00 bits, at 4</title><rect x="52" y="76" width="18" height="20"/><text x="61" y="90.5">漢</text></g>
      <g class="c29"><title>newline, 9.00 bits, at 7</title><rect x="70" y="76" width="9" height="20"/><text x="74.5" y="90.5">↵</text></g>
      <g class="c29"><title>&lt; U+003C, 9.00 bits, at 8</title><rect x="16" y="96" width="9" height="20"/><text x="20.5" y="110.5">&lt;</text></g>
      </svg>
      "
    `);
  });
});

describe('the scale', () => {
  it('has its ends at both ends', () => {
    expect([-3, 0, 4, 8, 99].map((bits) => stepOf(bits, 8))).toEqual([0, 0, 16, 32, 32]);
    expect(escapeMarkup('\0\t\ud800a\ud83d\ude00')).toBe('\ufffd\t\ufffda😀');
  });
});
