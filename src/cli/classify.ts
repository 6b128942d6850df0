/** `surprisal classify`: which class of examples files are most like. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassCodes, Knn } from '../sampling/classify.ts';
import { openCodec } from '../sampling/named.ts';
import type { LengthOracle } from '../sampling/oracle.ts';
import type { Context } from './context.ts';
import { CliError, shown } from './messages.ts';
import {
  Breath,
  counted,
  formatOf,
  listFiles,
  named,
  primedCodec,
  readText,
  type TextOptions,
  tryOutput,
  writeOutput,
} from './texts.ts';

export interface ClassifyOptions extends TextOptions {
  train: string;
  by: 'nearest' | 'length';
  neighbours: number;
}

/** A file and its class, as `--json` tells it. */
export interface ClassifiedFile {
  file: string;
  label: string;
  /** Whether neighbours disagreed and the nearest decided. */
  tied?: boolean;
  /** The neighbours, nearest first. */
  neighbours?: { file: string; label: string; distance: number }[];
  /** Bits of the file after the examples of each class. */
  bits?: Record<string, number>;
}

/** What was found. */
export interface ClassifyResult {
  codec: string;
  classes: string[];
  examples: number;
  files: ClassifiedFile[];
  seconds: number;
  /** For people. */
  lines: string;
  barShown: boolean;
}

interface Examples {
  readonly labels: string[];
  readonly paths: string[];
  readonly texts: Uint8Array[];
}

/** Examples: the files below each folder in a folder, which is the name of their class. */
async function examplesOf(folder: string): Promise<Examples> {
  let entries: string[];
  try {
    const found = await readdir(folder, { withFileTypes: true });
    entries = found.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  } catch (error) {
    throw named(error, folder);
  }
  const examples: Examples = { labels: [], paths: [], texts: [] };
  for (const label of entries.sort())
    for (const path of await listFiles([join(folder, label)])) {
      examples.labels.push(label);
      examples.paths.push(path);
      examples.texts.push(await readText(path));
    }
  if (new Set(examples.labels).size < 2)
    throw new CliError(
      'usage',
      `${shown(folder)} holds ${new Set(examples.labels).size} folders of examples, and classes are two or more`,
      'Give a folder that has a folder for each class.',
    );
  return examples;
}

/** Classifies files, and writes what was asked for. */
export async function classifyFiles(
  paths: readonly string[],
  options: ClassifyOptions,
  context: Context,
): Promise<ClassifyResult> {
  const began = performance.now();
  const format = formatOf(options.output, ['tsv', 'json', 'txt']);
  const examples = await examplesOf(options.train);
  const classes = [...new Set(examples.labels)];
  const files = await listFiles(paths);
  if (options.output !== undefined) await tryOutput(options);
  const judge =
    options.by === 'length' ? await byLength(examples, classes, options) : await byNearest(examples, options, context);
  let done = 0;
  const bar = context.startBar(
    `${files.length} files`,
    counted(() => done, files.length, 'files'),
  );
  const breath = new Breath();
  const found: ClassifiedFile[] = [];
  try {
    for (const file of files) {
      const text = await readText(file);
      found.push({ file, ...judge(text) });
      done++;
      await breath.take();
    }
  } finally {
    bar.stop();
  }
  const lines = found.map(({ file, label }) => `${plain(file)}\t${plain(label)}\n`).join('');
  const result: ClassifyResult = {
    codec: options.codec,
    classes,
    examples: examples.texts.length,
    files: found,
    seconds: (performance.now() - began) / 1000,
    lines,
    barShown: bar.drawn,
  };
  if (format === 'json')
    await writeOutput(options, `${JSON.stringify({ codec: options.codec, classes, files: found })}\n`);
  else if (format !== undefined) await writeOutput(options, format === 'tsv' ? `file\tclass\n${lines}` : lines);
  return result;
}

type Judge = (text: Uint8Array) => Omit<ClassifiedFile, 'file'>;

async function byNearest(examples: Examples, options: ClassifyOptions, context: Context): Promise<Judge> {
  const size = 2 * examples.texts.reduce((most, text) => Math.max(most, text.length), 0);
  const { oracle } = await primedCodec(options.codec, [], size, context);
  const k = options.neighbours;
  if (k > examples.texts.length)
    throw new CliError('usage', `-k ${k}: there are ${examples.texts.length} examples`, 'Give a smaller number.');
  const knn = new Knn({ train: examples.texts, labels: examples.labels, measure: oracle, k, separator: ' ' });
  return (text) => {
    const { label, tied, neighbours } = knn.classify(text);
    return {
      label,
      tied,
      neighbours: neighbours.map((neighbour) => ({
        file: examples.paths[neighbour.index],
        label: neighbour.label,
        distance: Number(neighbour.distance.toFixed(6)),
      })),
    };
  };
}

async function byLength(examples: Examples, classes: readonly string[], options: ClassifyOptions): Promise<Judge> {
  const oracles: LengthOracle[] = [];
  for (const label of classes) {
    const size = examples.texts.reduce(
      (sum, text, i) => sum + (examples.labels[i] === label ? text.length : 0),
      1 << 16,
    );
    oracles.push((await openCodec(options.codec, { size })).oracle);
  }
  // Codecs load asynchronously and are taken one a class.
  const codes = new ClassCodes({
    train: examples.texts,
    labels: examples.labels,
    oracle: () => oracles.pop() as LengthOracle,
  });
  return (text) => {
    const { label, bits } = codes.classify(text);
    return { label, bits: Object.fromEntries([...bits].map(([name, taken]) => [name, Number(taken.toFixed(3))])) };
  };
}

/** Tabs and line ends in names would be taken for the table's own, and other controls for the terminal's. */
const plain = (name: string): string => name.replace(/\p{Cc}/gu, ' ');
