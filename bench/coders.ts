/**
 * `npm run bench:coders [-- --symbols N] [--rounds R] [--python PATH] [--out FILE] [--smoke]`
 *
 * The entropy coders beside constriction's native core, called through its wheel from a Python process, on the same
 * symbols in the same run: in each round every call is made here and there, one after the other, and medians of the
 * rounds are kept. Before the rounds the words of both sides are compared. Without Python, or without the wheel, the
 * native columns are left out. npm's own coders of bytes follow, on fewer symbols.
 *
 * Nanoseconds are those on the clock around the calls that code: making a coder or a model is not in them.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { AnsCoder } from '../src/coders/ans.ts';
import { ChainCoder } from '../src/coders/chain.ts';
import { RangeEncoder } from '../src/coders/range.ts';
import { coding } from '../src/kernels/coding.ts';
import { Categorical } from '../src/models/categorical.ts';
import type { EntropyModel, ModelFamily } from '../src/models/model.ts';
import { python } from '../test/interop/python.ts';
import { type CoderCase, type CoderName, coderCases } from './coder-cases.ts';
import { machine, median } from './measure.ts';
import { Constriction, npmCoders } from './peers/coders.ts';
import {
  type CoderResults,
  type CoderRow,
  type Nanoseconds,
  type NpmRow,
  overhead,
  type SingleRow,
} from './results.ts';
import { table } from './table.ts';

const ways = ['encode', 'decode'] as const;
type Way = (typeof ways)[number];
type Samples = Record<Way, number[]>;
const nothing = (): Samples => ({ encode: [], decode: [] });
const medians = ({ encode, decode }: Samples): Nanoseconds => ({ encode: median(encode), decode: median(decode) });

/** Nanoseconds of a call. */
function timed(call: () => void): number {
  const start = performance.now();
  call();
  return (performance.now() - start) * 1e6;
}

/** A coder at work on a case: nanoseconds of a call each way on all its symbols, and what was written. */
interface Work extends Record<Way, () => number> {
  readonly words: () => Uint32Array;
}

/** What a decoder is called with besides the source: the parameters, or how many symbols. */
type Decoder = (source: unknown, ...rest: unknown[]) => Int32Array;

function expectSame(decoded: ArrayLike<number>, symbols: ArrayLike<number>, what: string): void {
  for (let i = 0; i < symbols.length; i++)
    if (decoded[i] !== symbols[i])
      throw new Error(`${what} did not restore symbol ${i}: the figures of this run are void`);
}

function bulkWork({ symbols, source, parameters, data, title }: CoderCase): Record<CoderName, Work> {
  const rest = parameters.length > 0 ? parameters : [symbols.length];
  const family = source as ModelFamily;
  const decode = (coder: { decode: unknown }): number => {
    let decoded: Int32Array | undefined;
    const bound = (coder.decode as Decoder).bind(coder);
    const ns = timed(() => {
      decoded = bound(source, ...rest);
    });
    expectSame(decoded!, symbols, title);
    return ns;
  };
  let ans = new AnsCoder();
  let range = new RangeEncoder();
  let chain = new ChainCoder(data, { seal: true });
  return {
    ANS: {
      encode: () => {
        ans = new AnsCoder();
        return timed(() => ans.encodeReverse(symbols, family, ...parameters));
      },
      decode: () => decode(ans),
      words: () => ans.getCompressed(),
    },
    range: {
      encode: () => {
        range = new RangeEncoder();
        return timed(() => range.encode(symbols, family, ...parameters));
      },
      decode: () => decode(range.getDecoder()),
      words: () => range.getCompressed(),
    },
    chain: {
      // Decodes what the symbols were drawn from, then puts it back.
      decode: () => {
        chain = new ChainCoder(data, { seal: true });
        return decode(chain);
      },
      encode: () => timed(() => chain.encodeReverse(symbols, family, ...parameters)),
      words: () => joined(...chain.getRemainders()),
    },
  };
}

function joined(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both = new Uint32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Passes over the symbols in a measurement: their median tells what a call costs once it is compiled. */
const PASSES = 9;

/** Loops of single calls. Each coder has loops of its own, as in a program that uses one: shared ones cost twice as much. */
function singleWork(one: CoderCase, count: number): Record<CoderName, Record<Way, () => number>> {
  const { symbols, single, data, title } = one;
  const models = Array.from({ length: count }, (_, i) => single(i));
  const decoded = new Int32Array(count);
  const same = () => expectSame(decoded, symbols.subarray(0, count), title);
  // A symbol takes 24 bits of them, from the end.
  const some = data.slice(-Math.ceil(count * 0.75) - 8);
  let ans = new AnsCoder();
  let range = new RangeEncoder();
  let chain = new ChainCoder(some, { seal: true });
  const medianOf = (pass: () => number): number => median(Array.from({ length: PASSES }, pass));
  const decodeChain = (): number => {
    chain = new ChainCoder(some, { seal: true });
    const ns = timed(() => {
      for (let i = 0; i < count; i++) decoded[i] = chain.decode(models[i]);
    });
    same();
    return ns;
  };
  return {
    ANS: {
      encode: () =>
        medianOf(() => {
          ans = new AnsCoder();
          return timed(() => {
            for (let i = count - 1; i >= 0; i--) ans.encodeReverse(symbols[i], models[i]);
          });
        }),
      decode: () =>
        medianOf(() => {
          const coder = ans.clone();
          const ns = timed(() => {
            for (let i = 0; i < count; i++) decoded[i] = coder.decode(models[i]);
          });
          same();
          return ns;
        }),
    },
    range: {
      encode: () =>
        medianOf(() => {
          range = new RangeEncoder();
          return timed(() => {
            for (let i = 0; i < count; i++) range.encode(symbols[i], models[i]);
          });
        }),
      decode: () =>
        medianOf(() => {
          const decoder = range.getDecoder();
          const ns = timed(() => {
            for (let i = 0; i < count; i++) decoded[i] = decoder.decode(models[i]);
          });
          same();
          return ns;
        }),
    },
    chain: {
      decode: () => medianOf(decodeChain),
      encode: () =>
        medianOf(() => {
          decodeChain();
          return timed(() => {
            for (let i = count - 1; i >= 0; i--) chain.encodeReverse(symbols[i], models[i]);
          });
        }),
    },
  };
}

/** A chain coder decodes first: it encodes only what was decoded with it. */
const orderOf = (coder: CoderName): readonly Way[] => (coder === 'chain' ? ['decode', 'encode'] : ways);

const divided = (a: Nanoseconds, b: Nanoseconds): Nanoseconds => ({
  encode: a.encode / b.encode,
  decode: a.decode / b.decode,
});

/** What words of both sides are compared, and how many bits they come to. */
async function compare(one: CoderCase, coder: CoderName, work: Work, native: Constriction | undefined) {
  let [bits, nativeBits, identical]: [number, number | null, boolean | null] = [0, null, null];
  for (const [step, way] of orderOf(coder).entries()) {
    work[way]();
    await native?.time(way, coder);
    if (step > 0) continue;
    const words = work.words();
    bits = words.length * 32;
    const theirs = await native?.words(coder);
    if (theirs === undefined) continue;
    nativeBits = theirs.length * 32;
    identical = words.length === theirs.length && words.every((word, i) => word === theirs[i]);
    if (!identical) throw new Error(`${one.title}, ${coder}: the words are not constriction's: the figures are void`);
  }
  return { bits, nativeBits, identical };
}

async function measureCase(one: CoderCase, native: Constriction | undefined, rounds: number, singles: number) {
  const count = one.symbols.length;
  const peer = one.native === undefined ? undefined : native;
  await peer?.load(one, singles);
  const all = bulkWork(one);
  const bulk: CoderRow[] = [];
  const loops: SingleRow[] = [];
  const names = one.coders;
  const found = new Map<CoderName, Awaited<ReturnType<typeof compare>>>();
  for (const name of names) found.set(name, await compare(one, name, all[name], peer));
  const samples = () => new Map(names.map((name) => [name, nothing()]));
  const [ours, theirs, singleOurs, singleTheirs] = [samples(), samples(), samples(), samples()];
  const single = one.singles ? singleWork(one, singles) : undefined;
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`${one.title}: round ${round} of ${rounds}\n`);
    for (const name of names)
      for (const way of orderOf(name)) {
        ours.get(name)![way].push(all[name][way]() / count);
        if (peer) theirs.get(name)![way].push((await peer.time(way, name)) / count);
      }
    if (single === undefined) continue;
    for (const name of names)
      for (const way of orderOf(name)) {
        singleOurs.get(name)![way].push(single[name][way]() / singles);
        if (peer) singleTheirs.get(name)![way].push((await peer.time(`${way}_single`, name)) / singles);
      }
  }
  await peer?.drop();
  const { id, title, information } = one;
  for (const name of names) {
    const { bits, nativeBits, identical } = found.get(name)!;
    const mine = medians(ours.get(name)!);
    const other = peer ? medians(theirs.get(name)!) : null;
    const written = name === 'chain' ? { bits: null, nativeBits: null } : { bits, nativeBits };
    const ratio = other && divided(mine, other);
    bulk.push({ case: id, title, coder: name, ours: mine, native: other, ratio, identical, ...written, information });
  }
  if (single !== undefined)
    for (const name of names) {
      const other = peer ? medians(singleTheirs.get(name)!) : null;
      loops.push({ case: id, title, coder: name, ours: medians(singleOurs.get(name)!), python: other });
    }
  return { bulk, loops };
}

/** npm's coders of bytes and ours, in turns, on the first symbols of a case. */
async function measureNpm(one: CoderCase, count: number, rounds: number): Promise<NpmRow[]> {
  const bytes = Uint8Array.from(one.symbols.subarray(0, count));
  const counts = new Array<number>(256).fill(0);
  for (const byte of bytes) counts[byte] = counts[byte]! + 1;
  // What the bytes tell by their own frequencies, which is what a model that is sent or learnt comes to at best.
  const information = counts.reduce((sum, times) => (times ? sum - times * Math.log2(times / count) : sum), 0);
  const model = new Categorical(
    counts.map((times) => times + 1e-9),
    { perfect: false },
  );
  const mine = {
    id: 'AnsCoder',
    encode: (input: Uint8Array) => {
      const coder = new AnsCoder();
      coder.encodeReverse(input, model);
      return new Uint8Array(coder.getCompressed().buffer);
    },
    decode: (packed: Uint8Array) =>
      new AnsCoder(new Uint32Array(packed.slice().buffer)).decode(model as EntropyModel, new Uint8Array(count)),
  };
  const all = [mine, ...(await npmCoders())].map((coder) => ({ coder, samples: nothing(), bits: 0 }));
  for (let round = 1; round <= rounds; round++)
    for (const entry of all) {
      process.stderr.write(`${one.title}: npm's, round ${round} of ${rounds}: ${entry.coder.id}\n`);
      let packed = new Uint8Array();
      entry.samples.encode.push(timed(() => (packed = entry.coder.encode(bytes) as typeof packed)) / count);
      entry.bits = packed.length * 8;
      let restored = new Uint8Array();
      entry.samples.decode.push(timed(() => (restored = entry.coder.decode(packed) as typeof restored)) / count);
      expectSame(restored, bytes, entry.coder.id);
    }
  return all.map(({ coder, samples, bits }) => ({
    case: one.id,
    title: one.title,
    coder: coder.id,
    time: medians(samples),
    bits,
    information,
  }));
}

/** Bytes of buffers that one call takes and keeps, without what it was given. */
function measureMemory({ symbols, source, parameters }: CoderCase): CoderResults['memory'] {
  const kernel = coding().slots.buffer.byteLength;
  const ans = new AnsCoder();
  const held = () => process.memoryUsage().arrayBuffers;
  let before = held();
  ans.encodeReverse(symbols, source as ModelFamily, ...parameters);
  const encode = held() - before;
  const packed = ans.numWords() * 4;
  before = held();
  const decoded = ans.decode(source as EntropyModel, symbols.length);
  const decode = held() - before;
  if (coding().slots.buffer.byteLength !== kernel) throw new Error('the memory of the kernel has grown');
  return { symbols: symbols.length, kernel, encode, decode, packed, symbolBytes: decoded.byteLength };
}

const ns = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
const percent = (value: number) => `${value.toFixed(4)} %`;

/** The tables of a run, as printed. */
export function tables(results: CoderResults): string {
  const bulk = results.bulk.map((row) => [
    row.title,
    row.coder,
    ns(row.ours.encode),
    ns(row.ours.decode),
    ...(row.native ? [ns(row.native.encode), ns(row.native.decode)] : ['–', '–']),
    ...(row.ratio ? [row.ratio.encode.toFixed(2), row.ratio.decode.toFixed(2)] : ['–', '–']),
    row.bits === null ? '–' : percent(overhead(row.bits, row.information.exact ?? row.information.quantised)),
    row.nativeBits === null
      ? '–'
      : percent(overhead(row.nativeBits, row.information.exact ?? row.information.quantised)),
    row.identical === null ? '–' : row.identical ? 'identical' : 'DIFFERENT',
  ]);
  const head = ['', 'coder', 'enc ns', 'dec ns', 'native enc', 'native dec', 'enc ratio', 'dec ratio'];
  const parts = [table([...head, 'overhead', "native's", 'words'], bulk)];
  const singles = results.single.map((row) => [
    row.title,
    row.coder,
    ns(row.ours.encode),
    ns(row.ours.decode),
    ...(row.python ? [ns(row.python.encode), ns(row.python.decode)] : ['–', '–']),
  ]);
  parts.push(table(['single calls', 'coder', 'enc ns', 'dec ns', 'Python enc', 'Python dec'], singles));
  const npm = results.npm.rows.map((row) => [
    row.title,
    row.coder,
    ns(row.time.encode),
    ns(row.time.decode),
    percent(overhead(row.bits, row.information)),
  ]);
  parts.push(table([`${results.npm.symbols} bytes`, 'coder', 'enc ns', 'dec ns', 'overhead'], npm));
  const { kernel, encode, decode, symbols } = results.memory;
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  parts.push(
    `One call on ${symbols} symbols keeps ${mib(encode)} to encode (words, with room to grow) and ${mib(decode)} to decode (symbols); the kernel's memory stays at ${mib(kernel)}.`,
  );
  if (results.native === null) parts.push('no Python with constriction: the native columns are left out');
  else
    parts.push(
      Object.entries(results.native)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    );
  const { processor, cores, node } = results.machine;
  parts.push(`${results.symbols} symbols, medians of ${results.rounds}, ${processor}, ${cores} cores, Node ${node}.`);
  return parts.join('\n\n');
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is a whole number from 1, not ${text}`);
  return value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      symbols: { type: 'string' },
      rounds: { type: 'string' },
      python: { type: 'string' },
      out: { type: 'string', default: 'bench/results/coders.json' },
      smoke: { type: 'boolean', default: false },
    },
  });
  const symbols = whole('symbols', values.symbols ?? (values.smoke ? '20000' : '10000000'));
  const rounds = whole('rounds', values.rounds ?? (values.smoke ? '1' : '5'));
  const found = values.python === undefined ? python() : { path: values.python };
  if ('missing' in found) process.stderr.write(`without constriction: ${found.missing}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'surprisal-coders-'));
  let native: Constriction | undefined;
  try {
    native = 'path' in found ? await Constriction.start(found.path, folder) : undefined;
    const singleSymbols = Math.min(symbols, 100_000);
    // The adaptive one computes with 23 bits, which frequencies of more bytes would outgrow.
    const npmSymbols = Math.min(symbols, 1_000_000);
    const npm: CoderResults['npm'] = { coders: [], symbols: npmSymbols, rows: [] };
    npm.coders = (await npmCoders()).map(({ id, version, note }) => ({ id, version, note }));
    let memory: CoderResults['memory'] | undefined;
    const bulk: CoderRow[] = [];
    const single: SingleRow[] = [];
    for (const make of coderCases) {
      const one = make(symbols);
      memory ??= measureMemory(one);
      const rows = await measureCase(one, native, rounds, singleSymbols);
      bulk.push(...rows.bulk);
      single.push(...rows.loops);
      if (one.bytes) npm.rows.push(...(await measureNpm(one, npmSymbols, Math.min(rounds, 3))));
    }
    const results: CoderResults = {
      date: new Date().toISOString().slice(0, 10),
      symbols,
      rounds,
      machine: machine(),
      native: native?.versions ?? null,
      bulk,
      single,
      singleSymbols,
      npm,
      memory: memory!,
    };
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
    console.log(tables(results));
  } finally {
    native?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) await main();
