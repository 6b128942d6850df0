/**
 * `npm run bench:latent [-- --craystack DIR --ssm DIR] [--multiset DIR] [--text FILE] [--rounds R] [--out FILE] [--smoke]`
 *
 * Coding with latent variables: multisets and hidden Markov models beside craystack (a clone of github.com/j-towns/craystack
 * in `--craystack`, of github.com/j-towns/ssm-code in `--ssm`), on the same symbols with the same probabilities in the
 * same run, in turns; without the clones its columns are left out. Then decoding by the alias method beside a search and
 * a look-up table, and fitting a hidden Markov model to text.
 *
 * Lists come in and lists go out on both sides, and everything that is popped is compared with what was pushed.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Codec } from '../src/codecs/codec.ts';
import { fromModel } from '../src/codecs/models.ts';
import { BitStack, randomWords } from '../src/codecs/stack.ts';
import { AnsCoder } from '../src/coders/ans.ts';
import { coding } from '../src/kernels/coding.ts';
import { AliasCategorical } from '../src/models/alias.ts';
import { Categorical } from '../src/models/categorical.ts';
import type { EntropyModel, TableKernel } from '../src/models/model.ts';
import { HiddenMarkov, type HmmParameters } from '../src/structures/hmm.ts';
import { fitHmm } from '../src/structures/hmm-fit.ts';
import { multiset } from '../src/structures/multiset.ts';
import { generator } from './coder-cases.ts';
import { type Machine, machine, median } from './measure.ts';
import { Craystack, python } from './peers/craystack.ts';
import type { Nanoseconds } from './results.ts';
import { table } from './table.ts';

/** One side of a comparison. */
export interface Side {
  /** Nanoseconds a symbol. */
  time: Nanoseconds;
  /** Bits by which the stack grew, with their fraction. */
  netBits: number;
  /** Words of the stream, those that it started with included, in bits. */
  streamBits: number;
}

/** One number of symbols. */
export interface LatentRow {
  symbols: number;
  /** -log2 of the probability that the model gives the data. */
  ideal: number;
  /** What the order of a multiset would cost besides. */
  order: number | null;
  /** The fewest bits on the stack with which pushing does not run out: at least the 32 that an empty one counts. */
  initialBits: number;
  ours: Side;
  craystack: Side | null;
}

/** Decoding a symbol in three ways, nanoseconds. */
export interface AliasRow {
  alphabet: number;
  search: number;
  lookup: number;
  alias: Nanoseconds;
  /** Encoding from a table of intervals. */
  encode: number;
}

/** A number of states fitted to a text. */
export interface FitRow {
  states: number;
  /** Bits of the text after 1, 2, 5, 10 rounds and so on. */
  rounds: { round: number; bits: number }[];
  /** Bits of the fitted text in the end, as the stack grew by them, and under the marginal distribution. */
  net: number;
  ideal: number;
  /** Bits of as much text that follows, which the fit has not seen. */
  heldOut: number;
  /** Of a round. */
  milliseconds: number;
}

/** What is written to bench/results/latent.json. */
export interface LatentResults {
  date: string;
  rounds: number;
  machine: Machine;
  /** Versions of numpy, scipy and Python, or null without craystack. */
  craystack: Record<string, string> | null;
  multiset: { alphabet: number; generated: boolean; rows: LatentRow[] };
  hmm: { states: number; alphabet: number; rows: LatentRow[] };
  alias: { symbols: number; rows: AliasRow[] };
  fit: { text: string; bytes: number; iterations: number; order0: number; heldOut0: number; rows: FitRow[] };
}

const progress = (text: string) => process.stderr.write(`${text}\n`);
const minus = (a: Nanoseconds[], way: keyof Nanoseconds) => median(a.map((one) => one[way]));
const medians = (all: Nanoseconds[]): Nanoseconds => ({ encode: minus(all, 'encode'), decode: minus(all, 'decode') });

function timed<T>(call: () => T): [T, number] {
  const start = performance.now();
  const result = call();
  return [result, (performance.now() - start) * 1e6];
}

/** Numbers above 0 and up to 1, the same in every run. */
function units(seed: number): () => number {
  const next = generator(seed);
  return () => (next() + 1) / 2 ** 32;
}

/** Rows from a flat Dirichlet distribution. */
function dirichlet(rows: number, columns: number, unit: () => number): Float64Array {
  const all = Float64Array.from({ length: rows * columns }, () => -Math.log(unit()));
  for (let at = 0; at < all.length; at += columns) {
    const row = all.subarray(at, at + columns);
    const sum = row.reduce((a, b) => a + b);
    for (let i = 0; i < columns; i++) row[i]! /= sum;
  }
  return all;
}

function expectSame(found: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void {
  if (found.length !== wanted.length || Array.prototype.some.call(wanted, (x, i) => x !== found[i]))
    throw new Error(`${what} did not come back: the figures of this run are void`);
}

/** Words of a stack that counts so many bits, at least 32: a 1 above as many random ones. */
function stackOf(bits: number): Uint32Array {
  const words = randomWords(Math.floor(bits / 32) + 1, 3);
  const top = bits % 32;
  words[words.length - 1] = (2 ** top + (words[words.length - 1]! % 2 ** top)) >>> 0;
  return words;
}

/** The fewest bits to start with. */
function leastBits<T>(codec: Codec<T>, value: T): number {
  for (let bits = 32; ; bits++)
    try {
      codec.push(BitStack.from(stackOf(bits)), value);
      return bits;
    } catch (error) {
      if ((error as { code?: string }).code !== 'out-of-data') throw error;
    }
}

/** A push and a pop of the same value, as often as it takes for the clock. */
function measure<T extends ArrayLike<number>>(codec: Codec<T>, value: T, expected: T, initialBits: number): Side {
  const turns = Math.max(1, Math.floor(100_000 / value.length));
  const time = { encode: 0, decode: 0 };
  let bits = { netBits: 0, streamBits: 0 };
  for (let turn = 0; turn < turns; turn++) {
    const stack = BitStack.from(stackOf(initialBits));
    const before = stack.exactBits();
    time.encode += timed(() => codec.push(stack, value))[1];
    bits = { netBits: stack.exactBits() - before, streamBits: 32 * stack.numWords() };
    const [back, ns] = timed(() => codec.pop(stack));
    time.decode += ns;
    if (turn > 0) continue;
    expectSame(back, expected, 'what was pushed');
    if (stack.exactBits() !== before) throw new Error('the stack did not come back: the figures of this run are void');
  }
  const all = turns * value.length;
  return { time: { encode: time.encode / all, decode: time.decode / all }, ...bits };
}

/** Both sides in turns. */
async function compare<T extends ArrayLike<number>>(
  title: string,
  codec: Codec<T>,
  value: T,
  expected: T,
  rounds: number,
  peer: Craystack | undefined,
): Promise<Pick<LatentRow, 'symbols' | 'initialBits' | 'ours' | 'craystack'>> {
  const initialBits = leastBits(codec, value);
  const there = randomWords(4, 3);
  measure(codec, value, expected, initialBits);
  const ours: Side[] = [];
  const theirs: Side[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`${title}: round ${round} of ${rounds}`);
    ours.push(measure(codec, value, expected, initialBits));
    if (peer === undefined) continue;
    const turns = Math.max(1, Math.floor(2000 / value.length));
    const time = { encode: 0, decode: 0 };
    for (let turn = 0; turn < turns; turn++) {
      const run = await peer.run(there);
      if (!run.restored) throw new Error(`${title}: craystack did not restore the symbols: its figures are void`);
      time.encode += run.encode / turns / value.length;
      time.decode += run.decode / turns / value.length;
      // It starts with a state of two words and three more, of which it needs one: the other two are not counted.
      theirs[round - 1] = { time, netBits: run.netBits, streamBits: run.streamBits - 32 * (there.length - 2) };
    }
  }
  const middle = (sides: Side[]): Side => ({ ...sides[0]!, time: medians(sides.map((side) => side.time)) });
  return {
    symbols: value.length,
    initialBits,
    ours: middle(ours),
    craystack: theirs.length > 0 ? middle(theirs) : null,
  };
}

const numbersIn = (path: string) =>
  readFileSync(path, 'utf8')
    .split(/[\s,[\]]+/)
    .filter((part) => part !== '')
    .map(Number);

/** Masses and lists: from files named as n.txt and probs.txt, or drawn. */
function multisetData(folder: string | undefined, sizes: readonly number[]): { masses: number[]; lists: number[][] } {
  if (folder !== undefined)
    return {
      masses: numbersIn(join(folder, 'probs.txt')),
      lists: sizes.map((size) => numbersIn(join(folder, `${size}.txt`))),
    };
  const unit = units(1);
  // Squares of exponential variates: some symbols are a hundred times as likely as others.
  const masses = Array.from({ length: 1024 }, () => Math.log(unit()) ** 2);
  const model = new Categorical(masses, { perfect: true });
  const draw = (count: number) =>
    Array.from(new BitStack({ initial: randomWords(count + 8, count) }).decode(model, count));
  return { masses, lists: sizes.map(draw) };
}

/** log2(n! / (m1! m2! ...)). */
function orderBits(list: readonly number[]): number {
  const copies = new Map<number, number>();
  return list.reduce((sum, value, i) => {
    const times = (copies.get(value) ?? 0) + 1;
    copies.set(value, times);
    return sum + Math.log2((i + 1) / times);
  }, 0);
}

async function measureMultisets(
  folder: string | undefined,
  sizes: readonly number[],
  rounds: number,
  peer: Craystack | undefined,
): Promise<LatentResults['multiset']> {
  const { masses, lists } = multisetData(folder, sizes);
  const model = new Categorical(masses, { perfect: true });
  const sum = masses.reduce((a, b) => a + b);
  const rows: LatentRow[] = [];
  for (const list of lists) {
    const order = orderBits(list);
    const ideal = list.reduce((bits, symbol) => bits - Math.log2(masses[symbol]! / sum), -order);
    const codec = multiset(fromModel(model), { size: list.length });
    await peer?.load('multiset', { symbols: Int32Array.from(list), table: (model.kernel as TableKernel).table });
    const sorted = [...list].sort((a, b) => a - b);
    const row = await compare(`multiset of ${list.length}`, codec, list, sorted, rounds, peer);
    rows.push({ ...row, ideal, order });
  }
  return { alphabet: masses.length, generated: folder === undefined, rows };
}

async function measureHmm(
  lengths: readonly number[],
  rounds: number,
  peer: Craystack | undefined,
): Promise<LatentResults['hmm']> {
  const [states, alphabet] = [64, 64];
  const unit = units(2);
  const parameters: HmmParameters = {
    initial: dirichlet(1, states, unit),
    transition: dirichlet(states, states, unit),
    emission: dirichlet(states, alphabet, unit),
  };
  const model = new HiddenMarkov(parameters);
  const rows: LatentRow[] = [];
  const most = Math.max(...lengths);
  const longest = model.codec(most).pop(new BitStack({ initial: randomWords(most + 8, 5) }));
  for (const length of lengths) {
    const codec = model.codec(length);
    // Pushing begins at the end: sequences with one end tell whether their length costs initial bits.
    const symbols = longest.slice(most - length);
    // The longest is there for the initial bits.
    const beside = length <= 2 ** 14 ? peer : undefined;
    await beside?.load('hmm', { symbols, ...parameters }, { states });
    const row = await compare(`hidden Markov model, ${length} symbols`, codec, symbols, symbols, rounds, beside);
    rows.push({ ...row, ideal: model.marginalBits(symbols), order: null });
  }
  return { states, alphabet, rows };
}

/** What the kernel of the coders calls to make a table the one in use, and to fill its look-up table. */
interface Tables {
  kernel: {
    buildLookup(at: number, entries: number, lookupAt: number, shift: number, bits: number): void;
    useTable(at: number, entries: number, lookupAt: number, shift: number, ...rest: number[]): void;
  };
}

/** Runs with look-up tables of one entry, so that the whole table is searched by halving. */
function searching<T>(call: () => T): T {
  const tables = coding() as unknown as Tables;
  const { kernel } = tables;
  tables.kernel = {
    ...kernel,
    useTable(at, entries, lookupAt, _shift, ...rest) {
      kernel.buildLookup(at, entries, lookupAt, 24, 24);
      kernel.useTable(at, entries, lookupAt, 24, ...rest);
    },
  };
  try {
    return call();
  } finally {
    tables.kernel = kernel;
  }
}

function measureAlias(alphabets: readonly number[], symbols: number, rounds: number): AliasRow[] {
  return alphabets.map((alphabet) => {
    progress(`alias method, ${alphabet} symbols`);
    const masses = dirichlet(1, alphabet, units(alphabet));
    // The one that is searched spoils its look-up table, so it is a model of its own.
    const [searched, looked] = [0, 0].map(() => new Categorical(masses, { perfect: false }));
    const alias = new AliasCategorical(masses, { perfect: false });
    const drawn = new BitStack({ initial: randomWords(symbols, alphabet) }).decode(looked!, symbols);
    const encoded = (model: EntropyModel): [AnsCoder, number] => {
      const coder = new AnsCoder();
      return [coder, timed(() => coder.encodeReverse(drawn, model))[1] / symbols];
    };
    const decoded = (coder: AnsCoder, model: EntropyModel): number => {
      const [found, ns] = timed(() => coder.decode(model, symbols));
      expectSame(found, drawn, 'what was encoded');
      return ns / symbols;
    };
    const samples = Array.from({ length: rounds + 1 }, () => {
      const [plain, encode] = encoded(looked!);
      const [scattered, aliasEncode] = encoded(alias);
      const copy = plain.clone();
      return {
        encode,
        aliasEncode,
        search: searching(() => decoded(copy, searched!)),
        lookup: decoded(plain, looked!),
        alias: decoded(scattered, alias),
      };
    }).slice(1);
    const middle = (which: keyof (typeof samples)[0]) => median(samples.map((sample) => sample[which]));
    return {
      alphabet,
      search: middle('search'),
      lookup: middle('lookup'),
      encode: middle('encode'),
      alias: { encode: middle('aliasEncode'), decode: middle('alias') },
    };
  });
}

/** Bits under the frequencies that `counted` has, each with 1/1000 more as the fits have it. */
function order0(counted: Uint8Array, coded: Uint8Array): number {
  const counts = new Array<number>(256).fill(1e-3);
  for (const byte of counted) counts[byte]!++;
  const sum = counts.reduce((a, b) => a + b);
  return coded.reduce((bits, byte) => bits - Math.log2(counts[byte]! / sum), 0);
}

function measureFit(path: string | undefined, bytes: number, smoke: boolean): LatentResults['fit'] {
  const file = path ?? join(import.meta.dirname, '../node_modules/typescript/lib/lib.dom.d.ts');
  const all = new Uint8Array(readFileSync(file));
  const text = all.slice(0, bytes);
  const next = all.slice(bytes, 2 * bytes);
  const iterations = smoke ? 2 : 50;
  const shown = [1, 2, 5, 10, 20, 50];
  const rows = (smoke ? [2] : [2, 4, 8, 16, 32, 64]).map((states): FitRow => {
    progress(`fitting ${states} states to ${text.length} bytes`);
    const times: number[] = [];
    const rounds: FitRow['rounds'] = [];
    let last = performance.now();
    const fit = fitHmm([text], {
      states,
      symbols: 256,
      iterations,
      tolerance: 0,
      onIteration: (round, bits) => {
        times.push(performance.now() - last);
        if (shown.includes(round)) rounds.push({ round, bits });
        last = performance.now();
      },
    });
    const model = new HiddenMarkov(fit);
    const symbols = Int32Array.from(text);
    const stack = new BitStack({ initial: randomWords(1, 1) });
    const before = stack.exactBits();
    model.codec(symbols.length).push(stack, symbols);
    const net = stack.exactBits() - before;
    expectSame(model.codec(symbols.length).pop(stack), symbols, 'the text');
    const ideal = model.marginalBits(text);
    return { states, rounds, net, ideal, heldOut: model.marginalBits(next), milliseconds: median(times) };
  });
  const name = path === undefined ? "the beginning of TypeScript's lib.dom.d.ts" : path.split('/').pop()!;
  return { text: name, bytes, iterations, order0: order0(text, text), heldOut0: order0(text, next), rows };
}

const ns = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

function printed(results: LatentResults): string {
  const rows = (what: string, all: LatentRow[]) =>
    table(
      [
        what,
        'ideal',
        'net',
        'stream',
        'initial bits',
        'push ns',
        'pop ns',
        "craystack's net",
        'stream',
        'push ns',
        'pop ns',
        'times faster',
      ],
      all.map(({ symbols, ideal, initialBits, ours, craystack }) => [
        String(symbols),
        ideal.toFixed(1),
        ours.netBits.toFixed(1),
        String(ours.streamBits),
        String(initialBits),
        ns(ours.time.encode),
        ns(ours.time.decode),
        ...(craystack
          ? [
              craystack.netBits.toFixed(1),
              String(craystack.streamBits),
              ns(craystack.time.encode),
              ns(craystack.time.decode),
              `${(craystack.time.encode / ours.time.encode).toFixed(0)} / ${(craystack.time.decode / ours.time.decode).toFixed(0)}`,
            ]
          : ['–', '–', '–', '–', '–']),
      ]),
    );
  const { multiset, hmm, alias, fit } = results;
  return [
    rows(`multiset${multiset.generated ? ', drawn' : ''}`, multiset.rows),
    rows('hidden Markov', hmm.rows),
    table(
      ['alphabet', 'search', 'look-up', 'alias', 'encode', 'alias encode'],
      alias.rows.map((row) => [
        String(row.alphabet),
        ...[row.search, row.lookup, row.alias.decode, row.encode, row.alias.encode].map(ns),
      ]),
    ),
    table(
      [`fit to ${fit.bytes} bytes`, 'bits a byte', 'net', 'held out', 'ms a round'],
      [
        ['order 0', (fit.order0 / fit.bytes).toFixed(3), '–', (fit.heldOut0 / fit.bytes).toFixed(3), '–'],
        ...fit.rows.map((row) => [
          `${row.states} states`,
          ...[row.ideal, row.net, row.heldOut].map((bits) => (bits / fit.bytes).toFixed(3)),
          row.milliseconds.toFixed(0),
        ]),
      ],
    ),
  ].join('\n\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      craystack: { type: 'string' },
      ssm: { type: 'string' },
      python: { type: 'string' },
      multiset: { type: 'string' },
      text: { type: 'string' },
      rounds: { type: 'string' },
      out: { type: 'string', default: 'bench/results/latent.json' },
      smoke: { type: 'boolean', default: false },
    },
  });
  const { smoke } = values;
  const rounds = Number(values.rounds ?? (smoke ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds is a whole number from 1, not ${values.rounds}`);
  const folder = mkdtempSync(join(tmpdir(), 'surprisal-latent-'));
  let peer: Craystack | undefined;
  try {
    if (values.craystack === undefined) progress('without craystack: --craystack names a clone of its repository');
    else {
      const found = values.python === undefined ? python() : { path: values.python };
      if ('missing' in found) progress(`without craystack: ${found.missing}`);
      else {
        const clones = [values.craystack, ...(values.ssm === undefined ? [] : [values.ssm])];
        peer = await Craystack.start(found.path, clones, folder);
      }
    }
    if (peer !== undefined && values.ssm === undefined)
      progress('without its hidden Markov codec: --ssm names a clone of the repository ssm-code');
    const alphabets = [16, 64, 256, 1024, 4096, 16384, 65536];
    const symbols = smoke ? 20_000 : 1_000_000;
    const results: LatentResults = {
      date: new Date().toISOString().slice(0, 10),
      rounds,
      machine: machine(),
      craystack: peer?.versions ?? null,
      multiset: await measureMultisets(
        values.multiset,
        smoke ? [10, 100] : [10, 100, 1000, 10_000, 100_000],
        rounds,
        peer,
      ),
      hmm: await measureHmm(
        smoke ? [256, 1024] : [2 ** 10, 2 ** 14, 2 ** 16],
        rounds,
        values.ssm === undefined ? undefined : peer,
      ),
      alias: { symbols, rows: measureAlias(alphabets, symbols, rounds) },
      fit: measureFit(values.text, smoke ? 2000 : 50_000, smoke),
    };
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
    console.log(printed(results));
  } finally {
    peer?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) await main();
