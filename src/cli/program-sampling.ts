/** The definition of the commands that use codecs as models: what they take and what their help says. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { matching } from '../sampling/matching.ts';
import { CODECS, parseCodec } from '../sampling/named.ts';
import type { ClassifyOptions } from './classify.ts';
import type { DistanceOptions } from './distance.ts';
import type { ProfileOptions } from './profile.ts';
import type { CompleteOptions, SampleOptions } from './sample.ts';
import { parseSize } from './sizes.ts';

/** What the commands do. */
export interface SamplingActions {
  sample(options: SampleOptions): Promise<void>;
  complete(options: CompleteOptions): Promise<void>;
  profile(files: string[], options: ProfileOptions): Promise<void>;
  distance(files: string[], options: DistanceOptions): Promise<void>;
  classify(files: string[], options: ClassifyOptions): Promise<void>;
}

/** A whole number within bounds. */
const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`'${text}' is not a whole number from ${least} to ${most}.`);
    return value;
  };

/** A number within bounds, both included. */
const number =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most))
      throw new InvalidArgumentError(`'${text}' is not a number from ${least} to ${most}.`);
    return value;
  };

function codec(text: string): string {
  try {
    parseCodec(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message.replace(/^./, (c) => c.toUpperCase()));
  }
  return text;
}

function codecOption(
  fallback: string,
  text = 'codec or model, with its parameter where it has one: see below',
): Option {
  const option = new Option('-C, --codec <name[:n]>', text).default(fallback).argParser(codec);
  // For the completions alone: help has a table of them.
  return Object.assign(option, { suggestions: CODECS.map(({ name }) => name) });
}

/** The table of codecs below the help of each command. */
function codecTable(): string {
  const rows = CODECS.map(({ name, parameter, summary }) => {
    const left = parameter === undefined ? name : `${name}:${parameter.sign}`;
    return `  ${left.padEnd(14)} ${summary}`;
  });
  return `Codecs:\n${rows.join('\n')}`;
}

const seed = () =>
  new Option('--seed <n>', 'the same seed gives the same text everywhere').default(0).argParser(whole(0, 2 ** 53 - 1));

const prime = () => new Option('--prime <file...>', 'text that the codec has seen before: what it should sound like');

const prompts = (command: Command): Command =>
  command
    .option('-p, --prompt <text>', 'text to continue')
    .option('--prompt-file <file>', 'file to continue; - is the standard input')
    .option('-e, --echo', 'print the prompt first');

const alphabet = () =>
  new Option(
    '-a, --alphabet <name>',
    'what may come: seen, the bytes of prime and prompt; text, UTF-8 without control characters; ascii, printable; bytes, any (default: seen, or ascii after nothing)',
  ).choices(['text', 'ascii', 'seen', 'bytes']);

function pattern(text: string): string {
  try {
    matching(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message.replace(/^./, (c) => c.toUpperCase()));
  }
  return text;
}

const match = (which: string) =>
  new Option(
    '--matching <regex>',
    `what is written is to match, from its first byte to its last: a regular expression as in JavaScript, without lookaround and backreferences; ${which}`,
  ).argParser(pattern);

const output = (command: Command): Command =>
  command.option('-o, --output <file>', 'write to this file').option('-f, --force', 'overwrite');

const talk = (command: Command): Command =>
  command
    .option('-q, --quiet', 'no bar, no warnings')
    .option('-v, --verbose', 'say what was done')
    .option('--json', 'print one JSON object');

/** Adds the commands to the program. */
export function addSampling(program: Command, actions: SamplingActions): void {
  const sample = program
    .command('sample')
    .alias('s')
    .summary('write text as a codec would have it')
    .description(
      'Samples a continuation of the prompt from the distribution that a codec stands for: p(x) = 2^-L(x). It is printed as it is found.',
    )
    .addOption(codecOption('ppm'))
    .addOption(prime());
  output(prompts(sample))
    .addOption(new Option('-n, --length <n>', 'bytes to write').default(200).argParser(whole(0, 10_000_000)))
    .addOption(alphabet())
    .addOption(match('ends where nothing may follow, with --particles the longest up to -n; -a is text then'))
    .addOption(
      new Option(
        '--particles <n>',
        'sequential Monte Carlo with so many strings: whole strings from 2^-L(x), printed as far as they agree',
      ).argParser(whole(1, 65536)),
    )
    .addOption(
      new Option('-t, --temperature <T>', 'sample from 2^(-L/T); 0 takes the likeliest').argParser(number(0, 1000)),
    )
    .addOption(new Option('--top-k <k>', 'only the k likeliest bytes').argParser(whole(1, 65536)))
    .addOption(new Option('--top-p <p>', 'only the likeliest bytes that make up p together').argParser(number(0, 1)))
    .addOption(
      new Option('--min-p <p>', 'only bytes at least p times as likely as the likeliest').argParser(number(0, 1)),
    )
    .addOption(
      new Option(
        '--repetition <bits>',
        'make a byte cost so much more for each time it is among the last 64',
      ).argParser(number(0, 1000)),
    )
    .addOption(seed());
  talk(sample)
    .addHelpText(
      'after',
      `
Codecs whose models have exact conditionals (lz78, ppm, ctw, ngram, online) are sampled exactly, by decoding random
bits. The lengths of the others are compared byte by byte, in exact bits, which is quick and short-sighted;
--particles asks how well whole strings can be coded.

${codecTable()}

Examples:
  surprisal sample --prime book.txt -n 1000
  surprisal sample --codec zlib --prime notes.txt -t 0      greedy deflate
  surprisal sample --codec lzma --prime book.txt --particles 64 -n 24 -v
  surprisal sample --prime log.txt --matching '\\d{4}-\\d\\d-\\d\\d [a-z ]+'`,
    )
    .action((options: SampleOptions) => actions.sample(options));

  const complete = program
    .command('complete')
    .summary('search the likeliest continuations')
    .description('Searches continuations of the prompt that a codec codes shortest: beam search in exact bits.')
    .addOption(codecOption('zlib'))
    .addOption(prime());
  output(prompts(complete))
    .addOption(new Option('-n, --length <n>', 'bytes to add').default(40).argParser(whole(0, 100_000)))
    .addOption(new Option('-b, --beam <n>', 'strings that are kept; 1 is greedy').default(8).argParser(whole(1, 4096)))
    .addOption(new Option('--best <n>', 'print so many, the best first').default(1).argParser(whole(1, 4096)))
    .addOption(alphabet())
    .addOption(match('the longest up to -n; -a is text then'));
  talk(complete)
    .addHelpText(
      'after',
      `
${codecTable()}

Examples:
  surprisal complete -p 'abcabcabcab'
  surprisal complete --codec lzma --prime src/index.ts -p 'export function ' --best 3`,
    )
    .action((options: CompleteOptions) => actions.complete(options));

  const profile = program
    .command('profile')
    .summary('show where the bits of a text go')
    .description(
      'Shows how many bits each byte of FILE takes under a codec. -o x.html writes a page of the text coloured by surprisal, x.svg a picture, x.tsv and x.json the numbers.',
    )
    .argument('[file]', 'text to look at; - is the standard input')
    .addOption(codecOption('online'))
    .addOption(prime());
  output(profile)
    .addOption(
      new Option('--with <name[:n]>', 'one more codec, side by side in the page; may be given again').argParser(
        (text: string, before: string[] = []) => [...before, codec(text)],
      ),
    )
    .addOption(
      new Option(
        '--by <method>',
        'for codecs that have only lengths: each byte against all that it might have been, or what it adds to the length',
      )
        .choices(['one-step', 'increments'])
        .default('one-step'),
    )
    .addOption(new Option('--limit <size>', 'look at no more than the first so many bytes').argParser(parseSize));
  talk(profile)
    .addHelpText(
      'after',
      `
${codecTable()}

Examples:
  surprisal profile essay.txt
  surprisal profile --codec ppm -o essay.html essay.txt
  surprisal profile --codec online --with zlib --with ppm -o three.html essay.txt`,
    )
    .action((file: string | undefined, options: ProfileOptions) =>
      actions.profile(file === undefined ? [] : [file], options),
    );

  const distance = program
    .command('distance')
    .summary('measure how much files have in common')
    .description(
      'Normalised compression distance of each pair of files: (C(xy) - min) / max, near 0 for the same, near 1 for strangers. -o x.svg draws a tree, x.nwk writes it in the Newick format, x.tsv and x.json the matrix.',
    )
    .argument('<file...>', 'two files or more, or folders of files')
    .addOption(codecOption('lzma'))
    .addOption(new Option('--tree <method>', 'how the tree is built').choices(['upgma', 'nj']).default('upgma'));
  talk(output(distance))
    .addHelpText(
      'after',
      `
${codecTable()}

Examples:
  surprisal distance a.txt b.txt
  surprisal distance --codec ppm -o tree.svg texts`,
    )
    .action((files: string[], options: DistanceOptions) => actions.distance(files, options));

  const classify = program
    .command('classify')
    .summary('sort files by the texts they are most like')
    .description(
      'Tells which of several classes each FILE is most like: the folders below --train are the classes, their files the examples.',
    )
    .argument('<file...>', 'files to classify, or folders of files')
    .requiredOption('--train <folder>', 'folder with a folder of examples for each class')
    .addOption(codecOption('gzip'))
    .addOption(
      new Option(
        '--by <method>',
        'nearest examples by compression distance, or the class whose examples make the file shortest',
      )
        .choices(['nearest', 'length'])
        .default('nearest'),
    )
    .addOption(
      new Option('-k, --neighbours <k>', 'examples that vote; ties go to the nearest of them')
        .default(1)
        .argParser(whole(1, 1000)),
    );
  talk(output(classify))
    .addHelpText(
      'after',
      `
${codecTable()}

Examples:
  surprisal classify --train languages unknown.txt
  surprisal classify --train mail --by length --codec ppm inbox`,
    )
    .action((files: string[], options: ClassifyOptions) => actions.classify(files, options));
}
