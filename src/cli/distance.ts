/** `surprisal distance`: how much files have in common, as a matrix and as a tree. */
import { basename } from 'node:path';
import { dendrogramSvg, neighbourJoining, newick, upgma } from '../sampling/dendrogram.ts';
import { distanceSteps, distancesTsv } from '../sampling/distance.ts';
import type { Context } from './context.ts';
import { CliError, shown } from './messages.ts';
import {
  Breath,
  counted,
  formatOf,
  listFiles,
  primedCodec,
  readText,
  type TextOptions,
  tryOutput,
  writeOutput,
} from './texts.ts';

export interface DistanceOptions extends TextOptions {
  tree: 'upgma' | 'nj';
}

/** What was found, as `--json` tells it. */
export interface DistanceResult {
  codec: string;
  files: string[];
  /** Bits of each file alone. */
  bits: number[];
  /** Row after row; the row's file comes first in one of the two orders that are averaged. */
  distances: number[][];
  seconds: number;
  output: string | null;
  /** For people. */
  table: string;
  barShown: boolean;
}

/** Most files: the matrix has the square of it. */
const MOST = 2000;
/** Columns of the matrix on a terminal, where it has room for no more. */
const COLUMNS = 12;

/** Names as short as they can be and still differ. */
function shortNames(files: readonly string[]): string[] {
  const short = files.map((file) => basename(file));
  return new Set(short).size === files.length ? short : [...files];
}

function table(files: readonly string[], distances: readonly (readonly number[])[]): string {
  const names = files.map(shown);
  if (names.length === 2) return `${distances[0][1].toFixed(4)}\n`;
  const width = Math.min(30, Math.max(...names.map((name) => name.length)));
  const clip = (name: string) => (name.length > width ? `${name.slice(0, width - 1)}…` : name).padEnd(width);
  if (names.length <= COLUMNS)
    return names.map((name, i) => `${clip(name)}  ${distances[i].map((d) => d.toFixed(4)).join('  ')}\n`).join('');
  // Too many for a matrix: of each file the three that are nearest.
  return names
    .map((name, i) => {
      const others = distances[i].map((_, j) => j).filter((j) => j !== i);
      others.sort((a, b) => distances[i][a] - distances[i][b] || a - b);
      const nearest = others.slice(0, 3).map((j) => `${names[j]} ${distances[i][j].toFixed(4)}`);
      return `${clip(name)}  ${nearest.join(', ')}\n`;
    })
    .join('');
}

/** Measures files, or those in folders, and writes what was asked for. */
export async function distanceOfFiles(
  paths: readonly string[],
  options: DistanceOptions,
  context: Context,
): Promise<DistanceResult> {
  const began = performance.now();
  const format = formatOf(options.output, ['svg', 'nwk', 'tsv', 'json', 'txt']);
  const files = await listFiles(paths);
  if (files.length < 2)
    throw new CliError('usage', `a distance is between two files, and there is ${files.length === 1 ? 'one' : 'none'}`);
  if (files.length > MOST) throw new CliError('limit', `${files.length} files are more than ${MOST}`);
  const texts: Uint8Array[] = [];
  for (const file of files) texts.push(await readText(file));
  if (options.output !== undefined) await tryOutput(options);
  const codec = await primedCodec(options.codec, [], 2 * Math.max(...texts.map((text) => text.length)), context);
  let done = 0;
  const bar = context.startBar(
    `${files.length} files`,
    counted(() => done, files.length, 'rows'),
  );
  const breath = new Breath();
  try {
    const steps = distanceSteps(texts, codec.oracle);
    let step = steps.next();
    for (; !step.done; step = steps.next()) {
      done = step.value;
      await breath.take();
    }
    bar.stop();
    const { lengths, distances, size } = step.value;
    const rows = files.map((_, i) => Array.from(distances.subarray(i * size, (i + 1) * size)));
    const names = shortNames(files);
    const text = table(names, rows);
    const result: DistanceResult = {
      codec: codec.name,
      files,
      bits: Array.from(lengths),
      distances: rows.map((row) => row.map((d) => Number(d.toFixed(6)))),
      seconds: (performance.now() - began) / 1000,
      output: options.output ?? null,
      table: text,
      barShown: bar.drawn,
    };
    if (format === undefined) return result;
    const tree = (options.tree === 'nj' ? neighbourJoining : upgma)(distances, names);
    const title = `Normalised compression distance, ${codec.name}`;
    const { codec: named, bits, distances: matrix } = result;
    if (format === 'svg') await writeOutput(options, dendrogramSvg(tree, { title }));
    else if (format === 'nwk') await writeOutput(options, newick(tree));
    else if (format === 'json')
      await writeOutput(options, `${JSON.stringify({ codec: named, files, bits, distances: matrix })}\n`);
    else if (format === 'tsv') await writeOutput(options, distancesTsv(step.value, files));
    else await writeOutput(options, text);
    return result;
  } finally {
    bar.stop();
  }
}
