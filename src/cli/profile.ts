/** `surprisal profile`: where the bits of a text go. */
import { basename } from 'node:path';
import { type Profile, profile, profileJson, profileText, profileTsv } from '../sampling/profile.ts';
import { profileHtml, profileSvg } from '../sampling/profile-html.ts';
import type { Context } from './context.ts';
import { CliError } from './messages.ts';
import { Breath, formatOf, primedCodec, readText, type TextOptions, tryOutput, writeOutput } from './texts.ts';

export interface ProfileOptions extends TextOptions {
  prime?: string[];
  with?: string[];
  by: 'one-step' | 'increments';
  limit?: number;
}

/** What was found, as `--json` tells it without -o. */
export interface ProfileResult {
  file: string;
  output: string | null;
  bytes: number;
  profiles: { codec: string; method: string; bits: number; bitsPerByte: number }[];
  seconds: number;
  barShown: boolean;
}

/** Bytes between two looks at the clock. */
const PIECE = 64;

/** Profiles a text piece by piece, so that signals are heard and the bar moves. */
async function profileOf(
  name: string,
  text: Uint8Array,
  primes: readonly Uint8Array[],
  options: ProfileOptions,
  context: Context,
  progress: (done: number) => void,
): Promise<Profile> {
  const codec = await primedCodec(name, primes, text.length, context);
  const breath = new Breath();
  const bits = new Float64Array(text.length);
  let total = 0;
  let first: Profile | undefined;
  for (let at = 0; at === 0 || at < text.length; at += PIECE) {
    const piece = text.subarray(at, at + PIECE);
    const part = profile(codec.model ?? codec.oracle, piece, { name, method: options.by });
    first ??= part;
    bits.set(part.bits, at);
    for (const one of part.bits) total += one;
    progress(at + piece.length);
    await breath.take();
  }
  const bitsPerSymbol = text.length === 0 ? 0 : total / text.length;
  return { ...(first as Profile), symbols: text, bits, total, bitsPerSymbol };
}

/** Profiles a file under one codec or several, and writes what was asked for. */
export async function profileFile(file: string, options: ProfileOptions, context: Context): Promise<ProfileResult> {
  const began = performance.now();
  const format = formatOf(options.output, ['html', 'svg', 'tsv', 'json', 'txt']);
  const names = [options.codec, ...(options.with ?? [])];
  if (names.length > 1 && format !== undefined && format !== 'html' && format !== 'txt')
    throw new CliError('usage', `.${format} shows one codec`, 'Leave out --with, or write .html.');
  let text = await readText(file);
  if (options.limit !== undefined) text = text.slice(0, options.limit);
  const primes: Uint8Array[] = [];
  for (const path of options.prime ?? []) primes.push(await readText(path));
  if (options.output !== undefined) await tryOutput(options);
  let done = 0;
  const bar = context.startBar(file === '-' ? 'standard input' : file, () => ({
    raw: done,
    coded: 0,
    ratioRaw: 0,
    done,
    total: names.length * text.length,
  }));
  const profiles: Profile[] = [];
  try {
    for (const [i, name] of names.entries())
      profiles.push(
        await profileOf(name, text, primes, options, context, (now) => {
          done = i * text.length + now;
        }),
      );
  } finally {
    bar.stop();
  }
  const title = file === '-' ? 'Surprisal' : basename(file);
  const facts = {
    file,
    output: options.output ?? null,
    bytes: text.length,
    profiles: profiles.map(({ name, method, total, bitsPerSymbol }) => ({
      codec: name,
      method,
      bits: total,
      bitsPerByte: bitsPerSymbol,
    })),
    barShown: bar.drawn,
  };
  if (format === 'html') await writeOutput(options, profileHtml(profiles, { title }));
  else if (format === 'svg') await writeOutput(options, profileSvg(profiles[0], { title }));
  else if (format === 'tsv') await writeOutput(options, profileTsv(profiles[0]));
  else if (format === 'json') await writeOutput(options, `${profileJson(profiles[0])}\n`);
  else if (!options.json || format === 'txt')
    await writeOutput(options, profiles.map((one) => profileText(one)).join('\n'));
  return { ...facts, seconds: (performance.now() - began) / 1000 };
}
