// Tables of codecs as models, for readme-tables.mjs: from sampling.json, sequence.json and classify.json.

const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** Three figures or so. */
const figures = (value) => (value >= 100 ? number(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2));
const bpc = (value) => (value === undefined ? '–' : value.toFixed(3));
const percent = (value, digits = 1) => `${(100 * value).toFixed(digits)} %`;
const on = ({ machine, date }) => `${machine.processor}, Node ${machine.node}, ${date}`;
const notYet = (part) => `Not measured yet: \`npm run bench:sampling -- --only ${part}\`.`;
const sumOf = (values) => values.reduce((a, b) => a + b, 0);

/** Microseconds a candidate of deflate, beside compressing everything again. */
function candidates({ candidates: results }) {
  if (!results) return notYet('candidates');
  const rows = results.rows.map(({ prompt, ours, single, node, pako, tokens }) => [
    number(prompt),
    `**${ours.toFixed(2)}**`,
    single.toFixed(2),
    figures(node),
    figures(pako),
    (node / ours).toFixed(0),
    `**${number(Math.round(tokens.ours))}**`,
    figures(tokens.node),
    figures(tokens.pako),
    (tokens.ours / tokens.node).toFixed(0),
  ]);
  const head = [
    'bytes before',
    'µs a candidate',
    'one by one',
    "Node's zlib",
    'pako',
    'times faster than Node',
    'tokens a second',
    "Node's zlib",
    'pako',
    'times as many',
  ];
  return `${markdown(head, rows)}\n\nAll 256 candidates after prompts from ${results.text}, level ${results.level}, exact lengths in bits; the others compress prompt and candidate again, 256 times, to whole bytes. *One by one* is 256 times mark, push, bits and rollback. Tokens a second are those of the search that takes the shortest; the oracle has read the prompt before, which takes it some milliseconds once. Medians over ${results.positions} places of the text, an eighth of these for the others, in turns in one run; pako ${results.versions.pako}, Node's zlib ${results.versions.zlib}, ${on(results)}.`;
}

/** Other codecs. */
function oracles({ candidates: results }) {
  if (!results) return notYet('candidates');
  const rows = results.others.map(({ oracle, microseconds }) => [oracle, ...microseconds.map((one) => one.toFixed(3))]);
  const head = ['µs a candidate', ...results.rows.map(({ prompt }) => `${number(prompt)} bytes before`)];
  return `${markdown(head, rows)}\n\n256 candidates at once, medians over ${Math.ceil(results.positions / 4)} places of ${results.text}; ${on(results)}.`;
}

/** Symbols a second of exact sampling. */
function speed({ speed: results }) {
  if (!results) return notYet('speed');
  const rows = results.rows.map(({ model, by, rate, learnt }) => [
    model,
    by === 'bits' ? '16 random bits a bit' : '24 random bits a symbol',
    number(1000 * Math.round(rate / 1000)),
    number(1000 * Math.round(learnt / 1000)),
  ]);
  return `${markdown(['', 'decoded from', 'bytes a second', 'only learning'], rows)}\n\nThe models have learnt ${number(results.primed)} bytes of ${results.text}, and learn what they sample. Medians of ${results.rounds} round${results.rounds === 1 ? '' : 's'}; ${on(results)}.`;
}

/** Text in one line of a table's note. */
const quoted = (text) => `\`${JSON.stringify(text).replaceAll('`', '\\u0060')}\``;

/** Extra bits by the number of particles. */
function particles({ particles: results }) {
  if (!results) return notYet('particles');
  const one = ({ prime, bytes, length, seeds, rows, greedy, beam }) => {
    const cells = rows.map(({ sampler, unit, particles, extra, error, effective, log2Z, seconds }) => [
      sampler === 'one-step' ? `one-step, in ${unit === 'bytes' ? 'whole bytes' : 'bits'}` : sampler,
      sampler === 'one-step' ? '–' : String(particles),
      `${extra.toFixed(1)} ± ${error.toFixed(1)}`,
      effective === null ? '–' : effective.toFixed(1),
      log2Z === null ? '–' : log2Z.mean.toFixed(2),
      log2Z === null ? '–' : log2Z.variance.toFixed(2),
      log2Z === null ? '–' : log2Z.ofMean.toFixed(2),
      seconds.toFixed(3),
    ]);
    const head = [
      'sampler',
      'particles',
      'extra bits',
      'effective sample size',
      'log₂ Z',
      'its variance',
      'log₂ of the mean Z',
      'seconds a sample',
    ];
    const written = greedy.map(
      ({ unit, text, extra }) =>
        `The greedy search in ${unit === 'bytes' ? 'whole bytes' : 'bits'} writes ${quoted(text)} (${extra} bits for the first ${length}).`,
    );
    return `${markdown(head, cells)}\n\nWhat ${length} bytes add to the deflate code of the first ${number(bytes)} bytes of ${prime}: means over ${seeds} seeds and their standard errors, processor seconds. ${written.join(' ')} The best string that a beam finds takes ${beam.extra} bits: ${quoted(beam.text)}.`;
  };
  return `${results.primes.map(one).join('\n\n')}\n\n${on(results)}.`;
}

/** Random bits that are codes. */
function codes({ codes: results }) {
  if (!results) return notYet('codes');
  const rows = results.rows.map(({ code, codes, codesError, kraft, error }) => [
    code,
    `${percent(codes, 3)} ± ${(100 * codesError).toFixed(3)}`,
    `${percent(kraft, 3)} ± ${(100 * error).toFixed(3)}`,
  ]);
  return `${markdown(['', 'begin with a code', 'with one that the encoder writes'], rows)}\n\nOf ${number(results.rows[0].tries)} random sequences of 512 bytes each. The last column is the code's Kraft sum.`;
}

/** PPM beside 7-Zip's. */
function ppm({ ppm: results, machine }) {
  if (!results) return 'Not measured yet: `npm run bench:sequence -- --corpus FOLDER`.';
  const rate = ({ bytes }, size) => ((8 * bytes) / size).toFixed(3);
  const change = (ours, theirs) => `${theirs > ours ? '−' : '+'}${percent(Math.abs(ours / theirs - 1), 2)}`;
  const rows = results.rows.map(({ file, bytes, ours, theirs }) => [
    file,
    number(bytes),
    `${rate(ours, bytes)} (${ours.order})`,
    theirs === null ? '–' : `${rate(theirs, bytes)} (${theirs.order})`,
    theirs === null ? '–' : change(ours.bytes, theirs.bytes),
  ]);
  if (results.rows.every(({ theirs }) => theirs !== null)) {
    const [all, ours, theirs] = [(row) => row.bytes, (row) => row.ours.bytes, (row) => row.theirs.bytes].map((pick) =>
      sumOf(results.rows.map(pick)),
    );
    rows.push(['all', number(all), rate({ bytes: ours }, all), rate({ bytes: theirs }, all), change(ours, theirs)]);
  }
  return `${markdown(['file', 'bytes', '**PPM**', '7-Zip PPMd', 'difference'], rows)}\n\nBits a byte, and the best order of ${results.orders[0]} to ${results.orders.at(-1)}: what the range coder writes, without a header, and what 7-Zip ${results.sevenZip ?? ''} lists as packed, without its container. Memory is ${results.memory / 2 ** 20} MiB on both sides. Node ${machine.node}.`;
}

/** Some models beside some published figures. */
const compared = (models, others) => (results) => {
  if (!results.models) return 'Not measured yet: `npm run bench:sequence -- --corpus FOLDER`.';
  const { models: all, rows, published } = results.models;
  const sources = others.map((id) => published.find((one) => one.id === id));
  const titles = models.map((id) => all.find((one) => one.id === id).title);
  const lines = rows
    .filter(({ file }) => sources.length === 0 || sources.some(({ bits }) => bits[file] !== undefined))
    .map(({ file, bits }) => [
      file,
      ...sources.map((one) => bpc(one.bits[file])),
      ...models.map((id) => bpc(bits[id])),
    ]);
  const notes = sources.map(({ title, source }) => `*${title}*: ${source}.`);
  const head = ['file', ...sources.map(({ title }) => title), ...titles.map((title) => `**${title}**`)];
  return `${markdown(head, lines)}\n\nBits a character; ours as the range coder writes them. ${notes.join(' ')}`;
};

/** gzip and nearest neighbours. */
function classify(results) {
  // With one neighbour nothing ties, so that each way of settling gives the same.
  const shown = ({ k, tie }) => k === null || k === 2 || (k === 1 && tie === 'nearest');
  const one = ({ name, package: origin, texts, dropped, classes, train, test, rows }) => {
    const cells = rows
      .filter(shown)
      .map(({ way, k, tie, accuracy, withoutCopies, tied }) => [
        way,
        k === null ? '–' : String(k),
        k === null || k === 1 ? '–' : tie === 'leaking' ? '*whichever is right*' : tie,
        percent(accuracy),
        percent(withoutCopies),
        tied === null ? '–' : percent(tied),
      ]);
    const head = ['', 'k', 'ties go to', 'accuracy', 'without near copies', 'tied'];
    return `${markdown(head, cells)}\n\n${name[0].toUpperCase()}${name.slice(1)}, of npm's ${origin}: ${number(texts)} texts of ${classes} classes${dropped === 0 ? '' : ` (${number(dropped)} more were empty or the same as another)`}, ${number(train)} to learn from and ${number(test)} to be told.`;
  };
  const { sets, seeds } = results;
  return `${sets.map(one).join('\n\n')}\n\nMeans over ${seeds.length} splits. *Whichever is right* asks for the answer, as the published program did: it is here to show what that gains, and the package cannot do it. ${on(results)}.`;
}

/** The few figures of the README. */
const summary = (load) => (sampling) => {
  const rows = [];
  for (const { prompt, ours, node, tokens } of sampling.candidates?.rows ?? []) {
    if (prompt !== 500 && prompt !== 30_000) continue;
    rows.push([
      `deflate after ${number(prompt)} bytes, µs a candidate`,
      `**${ours.toFixed(2)}**`,
      `${figures(node)}, Node's zlib once more`,
      `${(node / ours).toFixed(0)} times faster`,
    ]);
    rows.push([
      `the same, tokens a second`,
      `**${number(Math.round(tokens.ours))}**`,
      `${figures(tokens.node)}`,
      `${(tokens.ours / tokens.node).toFixed(0)} times as many`,
    ]);
  }
  const texts = load('sequence')?.ppm?.rows ?? [];
  if (texts.length > 0 && texts.every(({ theirs }) => theirs !== null)) {
    const [all, ours, theirs] = [(row) => row.bytes, (row) => row.ours.bytes, (row) => row.theirs.bytes].map((pick) =>
      sumOf(texts.map(pick)),
    );
    rows.push([
      "PPM on Canterbury's texts, bits a byte",
      `**${((8 * ours) / all).toFixed(3)}**`,
      `${((8 * theirs) / all).toFixed(3)}, 7-Zip's PPMd`,
      `${ours < theirs ? '−' : '+'}${percent(Math.abs(ours / theirs - 1))}`,
    ]);
  }
  const fast = sampling.speed?.rows ?? [];
  for (const name of ['LZ78', 'PPM, order 6', 'context-tree weighting']) {
    const found = fast.find(({ model }) => model === name);
    if (found)
      rows.push([`${name}: bytes sampled a second`, `**${number(1000 * Math.round(found.rate / 1000))}**`, '', '']);
  }
  const [prime] = sampling.particles?.primes ?? [];
  if (prime) {
    const naive = prime.rows.find(({ sampler, unit }) => sampler === 'one-step' && unit === 'bytes');
    const most = Math.max(...prime.rows.map((row) => row.particles));
    const best = prime.rows.find((row) => row.sampler === 'optimal' && row.particles === most);
    rows.push([
      `bits that ${prime.length} sampled bytes add to deflate's code`,
      `**${best.extra.toFixed(0)}**, ${most} particles`,
      `${naive.extra.toFixed(0)}, byte by byte by whole bytes`,
      '',
    ]);
  }
  return `${markdown(['', 'here', 'beside it', ''], rows)}\n\nMedians, in one run, ${on(sampling.candidates ?? sampling.particles ?? sampling.speed)}.`;
};

/**
 * The tables by their names: the file of results, and what renders it.
 *
 * @param load - Reads results by their name.
 */
export const samplingTables = (load) => ({
  codecs: ['sampling', summary(load)],
  'sampling-candidates': ['sampling', candidates],
  'sampling-oracles': ['sampling', oracles],
  'sampling-speed': ['sampling', speed],
  'sampling-particles': ['sampling', particles],
  'sampling-codes': ['sampling', codes],
  'sequence-ppm': ['sequence', ppm],
  'sequence-lz78': ['sequence', compared(['lz78', 'lz78-shift', 'lz78-code'], ['lz78'])],
  'sequence-lzw': ['sequence', compared(['lzw', 'lzw-code'], ['lzw'])],
  'sequence-ctw': ['sequence', compared(['ctw', 'ctw-12', 'ctw-1997'], ['ctw', 'ctwz'])],
  'sequence-others': ['sequence', compared(['witten-bell', 'kneser-ney', 'product', 'ppm', 'ctw'], ['ppmd'])],
  classify: ['classify', classify],
});
