/**
 * The figures of docs/codecs-as-models.md, and the parts of it and of the README that codecs write themselves:
 *
 *     npx tsx scripts/codecs-figures.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { declarations, messages, typescript } from '../examples/codecs-as-models.ts';
import { allowed } from '../src/sampling/constraints.ts';
import { DeflateOracle } from '../src/sampling/deflate.ts';
import { dendrogramSvg, upgma } from '../src/sampling/dendrogram.ts';
import { distances } from '../src/sampling/distance.ts';
import { openCodec } from '../src/sampling/named.ts';
import { sampleParticles } from '../src/sampling/particles.ts';
import { profile } from '../src/sampling/profile.ts';
import { profileSvg } from '../src/sampling/profile-html.ts';
import { sampleStream } from '../src/sampling/stream.ts';

const PRIME = 32_000;
const SHOWN = 92;

/** Codecs, and what their samples show them to believe. */
const codecs = [
  ['rle', 'a symbol may come again, and again; which one it is, is anybody’s guess'],
  ['lz78-code', 'phrases come from a list that grows, all alike, and any byte may follow'],
  ['lzw', 'phrases come from a list that grows, all alike'],
  ['deflate', 'some bytes are frequent; what was said within 32 KiB is said again'],
  ['lzma', 'what was said is said again, from where it was last said above all; a byte resembles the one before'],
  ['lz78', 'what came after this phrase comes after it again'],
  ['lzw-model', 'as LZW, and a phrase in the list goes on as those in the list do'],
  ['witten-bell', 'what came after the last 4 bytes; how often something new came there'],
  ['ngram', 'what came after the last 6 bytes; in how many different places a byte came, rather than how often'],
  ['ppm', 'what came after the last 6 bytes, or as many of them as are known'],
  ['ctw', 'all contexts up to 8 bytes, weighted by how well they did'],
  ['online', 'what many contexts agree on, weighted by which of them was right of late'],
] as const;

/** A text on one line. */
const line = (bytes: ArrayLike<number>): string =>
  new TextDecoder().decode(Uint8Array.from(bytes)).replaceAll('\n', '↵');

/** The table and the samples, as they stand in the page. */
export async function samples(): Promise<string> {
  const text = await declarations(PRIME + 1000);
  const prime = text.subarray(0, PRIME);
  const constraint = allowed(new Set(prime));
  const rows: string[] = [];
  const written: string[] = [];
  for (const [name, belief] of codecs) {
    const codec = await openCodec(name, { size: text.length });
    codec.learn(prime);
    const { oracle } = codec;
    const mark = oracle.mark();
    const { bitsPerSymbol } = profile(oracle, text.subarray(PRIME));
    oracle.rollback(mark);
    rows.push(`| \`${name}\` | ${belief} | ${bitsPerSymbol.toFixed(2)} |`);
    if (name === 'deflate') {
      const strings = sampleParticles(oracle, [], { n: 40, particles: 64, constraint, seed: 1 });
      written.push(`${'64 particles'.padEnd(12)} ${line(strings.sample.tokens)}`);
    }
    const { bytes } = sampleStream(codec, { n: SHOWN, constraint, seed: 1 });
    const sample = `${name.padEnd(12)} ${line([...bytes])}`;
    if (name === 'deflate') written.splice(-1, 0, sample);
    else written.push(sample);
  }
  return [
    '| codec | what it believes | bits a byte |',
    '| --- | --- | ---: |',
    ...rows,
    '',
    `Bits a byte: of the ${text.length - PRIME} bytes that follow the prime, one step at a time.`,
    '',
    '```text',
    ...written,
    '```',
  ].join('\n');
}

/** The same lines of code under three codecs, on one scale. */
async function heatFigure(): Promise<string> {
  const all = await declarations(14_000);
  // Five lines, from the first that begins after 13,000 bytes.
  const start = all.indexOf(10, 13_000) + 1;
  let end = start;
  for (let lines = 0; lines < 5; lines++) end = all.indexOf(10, end) + 1;
  const text = all.subarray(0, end);
  const parts: string[] = [];
  let [top, width] = [0, 0];
  for (const [name, title] of [
    ['zlib', 'zlib, one step at a time'],
    ['ppm', 'PPM of order 6'],
    ['online', 'the online network'],
  ]) {
    const codec = await openCodec(name, { size: text.length });
    codec.learn(text.subarray(0, start));
    const drawn = profileSvg(profile(codec.oracle, text.subarray(start)), { title, mostBits: 12, columns: 92 });
    const [, wide, high] = /width="(\d+)" height="(\d+)"/.exec(drawn) as unknown as [string, string, string];
    // Tooltips are for pages: an image shows none.
    const plain = drawn.replace(/<title>[^<]*<\/title>/g, '').trimEnd();
    parts.push(plain.replace('<svg ', `<svg y="${top}" `));
    top += Number(high);
    width = Math.max(width, Number(wide));
  }
  const label = 'The same text under three codecs, each character coloured by the bits that it takes';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" role="img" aria-label="${label}">\n${parts.join('\n')}\n</svg>\n`;
}

/** Languages by what zlib finds them to have in common. */
async function languagesFigure(): Promise<string> {
  const names: Record<string, string> = {
    cs: 'Czech',
    de: 'German',
    es: 'Spanish',
    fr: 'French',
    it: 'Italian',
    ja: 'Japanese',
    ko: 'Korean',
    pl: 'Polish',
    'pt-br': 'Portuguese (Brazil)',
    ru: 'Russian',
    tr: 'Turkish',
    'zh-cn': 'Chinese (simplified)',
    'zh-tw': 'Chinese (traditional)',
  };
  const texts = await Promise.all(Object.keys(names).map((language) => messages(language, 8000)));
  const matrix = distances(texts, new DeflateOracle());
  return dendrogramSvg(upgma(matrix.distances, Object.values(names)), {
    title: 'Error messages in 13 languages, as zlib sees them',
  });
}

/** All figures by their names. */
export async function figures(): Promise<Map<string, string>> {
  return new Map([
    ['codecs-heat.svg', await heatFigure()],
    ['codecs-languages.svg', await languagesFigure()],
  ]);
}

const BLOCK = /(<!-- written by the codecs -->\n)[\s\S]*?(\n<!-- end of what they wrote -->)/;

/** The command of the README, and what it prints. */
async function readme(): Promise<string> {
  const prompt = new TextEncoder().encode('interface ');
  const prime = await typescript('lib.es5.d.ts');
  const codec = await openCodec('ppm', { size: prime.length + prompt.length + 220 });
  codec.learn(prime);
  codec.learn(prompt);
  const { bytes } = sampleStream(codec, { n: 220, constraint: allowed(new Set([...prime, ...prompt])), seed: 1 });
  return [
    '```sh',
    "surprisal sample --codec ppm --prime node_modules/typescript/lib/lib.es5.d.ts -p 'interface ' -n 220 --seed 1",
    '```',
    '',
    '```text',
    new TextDecoder().decode(Uint8Array.from(bytes)),
    '```',
  ].join('\n');
}

/** The pages that codecs wrote a part of, and what writes it. */
export const pages: readonly (readonly [path: string, write: () => Promise<string>])[] = [
  ['docs/codecs-as-models.md', samples],
  ['README.md', readme],
];

/** A page with what the codecs write now. */
export async function withSamples(text: string, write: () => Promise<string>): Promise<string> {
  const written = await write();
  return text.replace(BLOCK, (_, before, after) => `${before}${written}${after}`);
}

const here = fileURLToPath(import.meta.url);
if (process.argv[1] === here) {
  const root = join(dirname(here), '..');
  const run = async () => {
    for (const [name, content] of await figures()) writeFileSync(join(root, 'docs/figures', name), content);
    for (const [path, write] of pages) {
      const file = join(root, path);
      writeFileSync(file, await withSamples(readFileSync(file, 'utf8'), write));
    }
  };
  await run();
}
