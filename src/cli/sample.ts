/** `surprisal sample` and `surprisal complete`: codecs write. */
import { beamSteps } from '../sampling/beam.ts';
import type { OpenCodec } from '../sampling/named.ts';
import { particleSteps } from '../sampling/particles.ts';
import { sampleStream } from '../sampling/stream.ts';
import type { Context } from './context.ts';
import { CliError } from './messages.ts';
import type { Target } from './target.ts';
import {
  type Alphabet,
  type AlphabetName,
  alphabetOf,
  Breath,
  counted,
  matchingOf,
  openOutput,
  primedCodec,
  readText,
  type TextOptions,
} from './texts.ts';

/** Options that both take, as commander delivers them. */
interface PromptOptions extends TextOptions {
  prime?: string[];
  prompt?: string;
  promptFile?: string;
  echo?: boolean;
  length: number;
  alphabet?: AlphabetName;
  matching?: string;
}

export interface SampleOptions extends PromptOptions {
  particles?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  minP?: number;
  repetition?: number;
  seed: number;
}

export interface CompleteOptions extends PromptOptions {
  beam: number;
  best: number;
}

/** What was written, as `-v` and `--json` tell it. */
export interface SampleResult {
  codec: string;
  distribution: string;
  /** Bytes written, without the prompt. */
  bytes: number;
  /** Bits that they take under the codec, after prime and prompt: they may be fewer than none for codes with headers. */
  bits: number;
  seconds: number;
  /** Bits of all particles' weights together, and how many count. */
  log2Z?: number;
  effectiveSampleSize?: number;
  barShown: boolean;
  /** For --json, which prints it in place of the text. */
  text?: string;
  base64?: string;
}

interface Ready {
  codec: OpenCodec;
  prompt: Uint8Array;
  alphabet: Alphabet;
  /** The most bytes to write. */
  length: number;
}

/** @param whole - Whether all strings have one length. */
async function ready(options: PromptOptions, whole: boolean, context: Context): Promise<Ready> {
  if (options.prompt !== undefined && options.promptFile !== undefined)
    throw new CliError('usage', '--prompt and --prompt-file exclude each other');
  const primes: Uint8Array[] = [];
  for (const path of options.prime ?? []) primes.push(await readText(path));
  const prompt =
    options.promptFile !== undefined
      ? await readText(options.promptFile)
      : new TextEncoder().encode(options.prompt ?? '');
  if (primes.length === 0 && prompt.length === 0)
    context.warn('there is nothing to write like: --prime FILE gives it a text, --prompt TEXT a beginning');
  const before = new Uint8Array(Buffer.concat([...primes, prompt]));
  const { alphabet, length } =
    options.matching === undefined
      ? { alphabet: alphabetOf(options.alphabet, before), length: options.length }
      : matchingOf(options.matching, alphabetOf(options.alphabet, before, 'text'), options.length, whole);
  const codec = await primedCodec(options.codec, [...primes, prompt], length, context);
  return { codec, prompt, alphabet, length };
}

/** Text on its way out: written when a line's worth has come, or some time has passed. */
class Writer {
  readonly pieces: number[] = [];
  private readonly target: Target | undefined;
  private waiting: number[] = [];
  private last = performance.now();

  /** @param target - Undefined where the text is kept for --json. */
  constructor(target: Target | undefined) {
    this.target = target;
  }

  async write(bytes: Iterable<number>): Promise<void> {
    for (const byte of bytes) this.waiting.push(byte);
    if (this.waiting.length >= 4096 || performance.now() - this.last > 40) await this.flush();
  }

  async flush(): Promise<void> {
    const { waiting } = this;
    this.waiting = [];
    this.last = performance.now();
    if (this.target === undefined) for (const byte of waiting) this.pieces.push(byte);
    else if (waiting.length > 0) await this.target.write(Uint8Array.from(waiting));
  }
}

/** Opens what is written to, does the work, and makes the result final. */
async function writing(
  options: PromptOptions,
  { prompt, alphabet }: Ready,
  work: (writer: Writer) => Promise<Omit<SampleResult, 'seconds'>>,
): Promise<SampleResult> {
  const began = performance.now();
  const kept = options.json && options.output === undefined;
  const target = kept ? undefined : await openOutput(options, !alphabet.text);
  try {
    const writer = new Writer(target);
    if (options.echo) await writer.write(prompt);
    const result = await work(writer);
    await writer.flush();
    // A terminal's next prompt begins a line.
    if (target?.name === 'standard output' && process.stdout.isTTY) await target.write(Uint8Array.of(10));
    await target?.commit({});
    const all = Uint8Array.from(writer.pieces);
    const text = kept && alphabet.text ? { text: new TextDecoder().decode(all) } : {};
    const base64 = kept && !alphabet.text ? { base64: Buffer.from(all).toString('base64') } : {};
    return { ...result, seconds: (performance.now() - began) / 1000, ...text, ...base64 };
  } catch (error) {
    await target?.abandon();
    throw error;
  }
}

/** Samples a continuation. */
export async function sampleText(options: SampleOptions, context: Context): Promise<SampleResult> {
  const { particles, temperature, topK, topP, minP, repetition, seed } = options;
  const sharpened = [topK, topP, minP, repetition].some((value) => value !== undefined);
  if (particles !== undefined && (sharpened || temperature === 0))
    throw new CliError(
      'usage',
      '--particles samples whole strings: --top-k, --top-p, --min-p, --repetition and a temperature of 0 are for single symbols',
      'Leave out one or the other.',
    );
  const all = await ready(options, particles !== undefined, context);
  const { codec, alphabet, length } = all;
  const before = codec.oracle.bits();
  const { constraint } = alphabet;
  const breath = new Breath();
  return writing(options, all, async (writer) => {
    if (particles !== undefined) {
      let done = 0;
      let written = 0;
      const bar = context.startBar(
        'sampling',
        counted(() => done, length, 'bytes'),
      );
      try {
        const steps = particleSteps(codec.oracle, [], { n: length, particles, temperature, constraint, seed });
        for (;;) {
          const { done: ended, value } = steps.next();
          if (!ended) {
            done = value.length;
            // What all strings begin with will not change any more.
            if (value.settled.length > written) {
              bar.pause();
              await writer.write(value.settled.slice(written));
              written = value.settled.length;
            }
            await breath.take();
            continue;
          }
          const { sample, log2Z, effectiveSampleSize } = value;
          bar.stop();
          await writer.write(sample.tokens.slice(written));
          return {
            codec: codec.name,
            barShown: bar.drawn,
            distribution: 'encoder',
            bytes: sample.tokens.length,
            bits: sample.bits - before,
            log2Z,
            effectiveSampleSize,
          };
        }
      } finally {
        bar.stop();
      }
    }
    const shape = { temperature, topK, topP, minP, frequencyPenalty: repetition };
    const stream = sampleStream(codec, { n: length, constraint, seed, ...defined(shape) });
    let count = 0;
    for (const byte of stream.bytes) {
      count++;
      await writer.write([byte]);
      await breath.take();
    }
    const { distribution } = stream;
    return { codec: codec.name, distribution, bytes: count, bits: stream.bits(), barShown: false };
  });
}

/** Only what is given. */
function defined<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** A completion, as `--json` tells it. */
export interface CompleteResult extends Omit<SampleResult, 'text' | 'base64'> {
  completions: { text: string; bits: number }[];
}

/** Searches likely continuations. */
export async function completeText(options: CompleteOptions, context: Context): Promise<CompleteResult> {
  const { beam, best } = options;
  const all = await ready(options, true, context);
  const { codec, alphabet, prompt, length } = all;
  const before = codec.oracle.bits();
  let done = 0;
  const bar = context.startBar(
    'searching',
    counted(() => done, length, 'bytes'),
  );
  const completions: { text: string; bits: number }[] = [];
  let written = 0;
  const breath = new Breath();
  const result = await writing(options, all, async (writer) => {
    try {
      const steps = beamSteps(codec.oracle, [], {
        n: length,
        width: Math.max(beam, best),
        best,
        ...(alphabet.constraint && { constraint: alphabet.constraint }),
      });
      let step = steps.next();
      for (; !step.done; step = steps.next()) {
        const { length: now, tokens, settled } = step.value;
        done = now;
        // Of several that are asked for, none is written before all are known.
        if (best === 1 && settled > written) {
          bar.pause();
          await writer.write(tokens.slice(written, settled));
          written = settled;
        }
        await breath.take();
      }
      const { completions: found } = step.value;
      bar.stop();
      for (const [i, { tokens, bits }] of found.entries()) {
        completions.push({ text: new TextDecoder().decode(Uint8Array.from(tokens)), bits: bits - before });
        if (found.length > 1) {
          const label = `${i === 0 ? '' : '\n'}${(bits - before).toFixed(2)} bits\n`;
          await writer.write(new TextEncoder().encode(label));
          if (options.echo && i > 0) await writer.write(prompt);
        }
        await writer.write(tokens.slice(written));
        if (found.length > 1) await writer.write([10]);
      }
      const [first] = found;
      return {
        codec: codec.name,
        distribution: 'search',
        bytes: first.tokens.length,
        bits: first.bits - before,
        barShown: bar.drawn,
      };
    } finally {
      bar.stop();
    }
  });
  const { text: _, base64: __, ...facts } = result;
  return { ...facts, completions };
}
