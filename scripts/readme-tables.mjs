// Renders the tables of the README and of pages in docs/ from bench/results/*.json, between marker comments, so that no
// figure is typed by hand: `npm run readme`. With --check it changes nothing and fails when a page differs from what
// it would write.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { samplingTables } from './readme-sampling.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pages = [
  'README.md',
  'docs/benchmarks.md',
  'docs/models.md',
  'docs/multisets.md',
  'docs/interleaved.md',
  'docs/hidden-markov.md',
  'docs/talk.md',
  'docs/graphs.md',
  'docs/bits-back.md',
  'docs/images.md',
];

const load = (name) => {
  const path = join(root, 'bench/results', `${name}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
};
const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
const rate = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** As in bench/results.ts: processor time, or the clock where that is not told, never less than half a step. */
const seconds = ({ wall, user, system }) => Math.max(user === null ? wall : user + (system ?? 0), 0.005);
const sum = (values) => values.reduce((a, b) => a + b, 0);

function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

const bold = (ours, text) => (ours ? `**${text}**` : text);

/** All files together: size, speed and memory of every compressor. */
function summary(results) {
  const raw = sum(results.files.map((file) => file.bytes));
  const rows = results.peers
    .map((peer) => {
      const runs = results.runs.filter((run) => run.peer === peer.id);
      const speed = (way) => rate(raw / 1e6 / sum(runs.map((run) => seconds(run[way]))));
      const memory = (way) => {
        const most = Math.max(...runs.map((run) => run[way].memory ?? 0));
        return most === 0 ? '–' : (most / 2 ** 20).toFixed(0);
      };
      const packed = sum(runs.map((run) => run.packed));
      const cells = [number(packed), ((8 * packed) / raw).toFixed(3), speed('compress'), speed('decompress')];
      cells.push(memory('compress'), memory('decompress'));
      return { packed, cells: [`${peer.title} (${peer.version})`, ...cells].map((c) => bold(peer.kind === 'ours', c)) };
    })
    .sort((a, b) => a.packed - b.packed)
    .map(({ cells }) => cells);
  const head = ['', 'bytes', 'bits a byte', 'compress MB/s', 'restore MB/s', 'compress MiB', 'restore MiB'];
  const { processor, cores, node } = results.machine;
  const notes = [
    `${results.files.length} file${results.files.length === 1 ? '' : 's'}, ${number(raw)} bytes. Speed is MB of the files a second of processor time, start-up included; memory is the peak of the process, Node's own (about 45 MiB) included for the JavaScript ones.`,
    `Medians of ${results.repeats}, one thread each, ${processor}, ${cores} cores, Node ${node}, ${results.date}.`,
  ];
  if (results.skipped.length > 0) notes.push(`Not measured: ${results.skipped.map((one) => one.title).join(', ')}.`);
  return `${markdown(head, rows)}\n\n${notes.join(' ')}`;
}

/** Bits a byte of each file with each compressor, the smallest in bold. */
function each(results) {
  const rows = results.files.map(({ name, bytes }) => {
    const sizes = results.peers.map(
      (peer) => results.runs.find((run) => run.peer === peer.id && run.file === name).packed,
    );
    const least = Math.min(...sizes);
    return [name, number(bytes), ...sizes.map((size) => bold(size === least, ((8 * size) / bytes).toFixed(3)))];
  });
  return `${markdown(['file', 'bytes', ...results.peers.map((peer) => peer.title)], rows)}\n\nBits a byte; the smallest in bold.`;
}

/** The same code in Node and in a browser. */
function engines({ machine, rounds, bytes, node, chromium, ratio, date }) {
  const row = (title, { version, compress, decompress }) => [`${title} ${version}`, rate(compress), rate(decompress)];
  const rows = [row('Node', node), row('Chromium', chromium)];
  rows.push(['Chromium / Node', ratio.compress.toFixed(2), ratio.decompress.toFixed(2)]);
  const what = `MB a second on the clock, ${number(bytes)} bytes, medians of ${rounds} interleaved rounds, ${machine.processor}, ${date}.`;
  return `${markdown(['', 'compress MB/s', 'restore MB/s'], rows)}\n\n${what}`;
}

const ns = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
const both = ({ encode, decode }, show = ns) => `${show(encode)} / ${show(decode)}`;
const ratio = (value) => value.toFixed(2);

function codersNote({ symbols, rounds, machine, native, date }) {
  const versions = native
    ? `constriction ${native.constriction} through its wheel (Python ${native.python}, numpy ${native.numpy})`
    : 'without constriction, which was not there';
  return `Nanoseconds a symbol, encode / decode; one call on ${number(symbols)} symbols, medians of ${rounds} interleaved rounds in one run, ${versions}, ${machine.processor}, ${machine.cores} cores, Node ${machine.node}, ${date}.`;
}

/** Bulk calls beside the native core, in short. */
function coders(results) {
  const rows = results.bulk.map((row) => [
    `${row.title}, ${row.coder}`,
    both(row.ours),
    row.native ? both(row.native) : '–',
    row.ratio ? both(row.ratio, ratio) : '–',
  ]);
  const same = results.bulk.filter((row) => row.identical !== null);
  const words =
    same.length > 0 ? ` The words were compared: identical in all ${same.length} rows with a native side.` : '';
  const head = ['', 'surprisal', "constriction's native core", 'ratio'];
  return `${markdown(head, rows)}\n\n${codersNote(results)}${words}`;
}

const percent = (bits, information) => `${((bits / information - 1) * 100).toFixed(4)} %`;

/** What was written beyond the information. */
function codersOverhead(results) {
  const rows = results.bulk
    .filter((row) => row.bits !== null)
    .map((row) => [
      `${row.title}, ${row.coder}`,
      ((row.information.exact ?? row.information.quantised) / results.symbols).toFixed(4),
      row.information.exact === null ? '–' : percent(row.bits, row.information.exact),
      percent(row.bits, row.information.quantised),
      row.nativeBits === null ? '–' : percent(row.nativeBits, row.information.exact ?? row.information.quantised),
    ]);
  const head = ['', 'bits a symbol', 'overhead', 'without quantisation', "constriction's overhead"];
  return `${markdown(head, rows)}\n\n${number(results.symbols)} symbols. Overhead is what was written beyond the sum of −log₂ of the exact probabilities; the column beside it takes the probabilities as they are quantised to 24 bits, and so leaves what the coder itself adds. Where the exact ones are not given, constriction's is over the quantised ones too.`;
}

function codersSingle(results) {
  const rows = results.single.map((row) => [
    `${row.title}, ${row.coder}`,
    both(row.ours),
    row.python ? both(row.python) : '–',
  ]);
  return `${markdown(['', 'surprisal', "a loop in Python over constriction's"], rows)}\n\nNanoseconds a symbol, encode / decode; a call for each of ${number(results.singleSymbols)} symbols.`;
}

function codersNpm({ npm }) {
  const version = (id) => npm.coders.find((coder) => coder.id === id)?.version;
  const rows = npm.rows.map((row) => [
    bold(row.coder === 'AnsCoder', `${row.title}, ${row.coder}${version(row.coder) ? ` ${version(row.coder)}` : ''}`),
    both(row.time),
    percent(row.bits, row.information),
  ]);
  const notes = npm.coders.map(({ id, note }) => `${id} ${note}.`);
  return `${markdown(['', 'ns a byte, encode / decode', 'overhead'], rows)}\n\n${number(npm.symbols)} bytes. ${notes.join(' ')} AnsCoder has a model of the bytes' frequencies, which is not in its output. Overhead is over the entropy of those frequencies.`;
}

function codersMemory({ memory }) {
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);
  const rows = [
    ['encoding keeps: words, with room to grow', mib(memory.encode)],
    ['of them words', mib(memory.packed)],
    ['decoding keeps: symbols', mib(memory.decode)],
    ["the kernel's memory, whatever the number of symbols", mib(memory.kernel)],
  ];
  return `${markdown([`one call on ${number(memory.symbols)} symbols`, 'MiB'], rows)}`;
}

/** Interleaved coding of bytes in both engines. */
function interleaved({ rows, rounds, machine, chromium, kernel, date }) {
  const pair = (speed, ...ways) => ways.map((way) => speed[way].toFixed(2)).join(' / ');
  const over = (bytes, row) => `${(((8 * bytes) / (row.bytes * row.entropy) - 1) * 100).toFixed(3)} %`;
  const cells = rows.map((row) => [
    row.title,
    pair(row.node, 'encode', 'decode', 'decodeInto'),
    pair(row.chromium, 'encode', 'decode', 'decodeInto'),
    over(row.encoded, row),
    pair(row.node, 'pack', 'unpack'),
    pair(row.chromium, 'pack', 'unpack'),
    over(row.packed, row),
  ]);
  const head = ['', 'stream, Node', 'Chromium', 'over the entropy', 'packed, Node', 'Chromium', 'over the entropy'];
  const sizes = rows.map((row) => number(row.bytes)).join(', ');
  return `${markdown(head, cells)}\n\nNanoseconds a byte on the clock, copying included: encode / decode to a new array / decode into a given one, and pack / unpack; ${sizes} bytes, medians of ${rounds} interleaved rounds on one thread, ${machine.processor}, Node ${machine.node}, Chromium ${chromium}, ${date}. Making the model is not in the stream's figures, and its table not in the stream's size; packing includes both, and a hash. Both engines wrote the same bytes. The kernel has ${number(kernel)} bytes of WASM.`;
}

const times = (theirs, ours, way) => Math.round(theirs.time[way] / ours.time[way]);

/** Beside craystack: bits and speed. */
function latentRows(rows, what, peer) {
  const line = ({ symbols, ideal, initialBits, ours, craystack }) => [
    number(symbols),
    (ideal / symbols).toFixed(4),
    (ours.netBits - ideal).toFixed(2),
    (ours.streamBits - ideal).toFixed(0),
    String(initialBits),
    craystack ? (craystack.netBits - ideal).toFixed(2) : '–',
    craystack ? (craystack.streamBits - ideal).toFixed(0) : '–',
    both(ours.time),
    craystack ? both(craystack.time) : '–',
    craystack ? `${times(craystack, ours, 'encode')} / ${times(craystack, ours, 'decode')}` : '–',
  ];
  const head = [what, 'ideal, bits each', 'net over it, bits', 'stream over it, bits', 'of them initial bits'];
  return markdown([...head, `${peer}'s net over it`, 'stream', 'ns each', `${peer}'s`, 'times faster'], rows.map(line));
}

function latentNote({ craystack, rounds, machine, date }) {
  const versions = craystack
    ? `Python ${craystack.python}, numpy ${craystack.numpy}, scipy ${craystack.scipy}`
    : 'without craystack, which was not there';
  return `Nanoseconds a symbol, push / pop; medians of ${rounds} interleaved rounds in one run, ${versions}, ${machine.processor}, ${machine.cores} cores, Node ${machine.node}, ${date}.`;
}

function latentMultiset(results) {
  const { alphabet, generated, rows } = results.multiset;
  const lists = generated ? 'drawn with a fixed seed' : 'the lists of the published benchmark';
  const saved = rows.map((row) => (row.order / row.symbols).toFixed(2)).join(', ');
  return `${latentRows(rows, 'elements', 'craystack')}\n\nMultisets of ${number(alphabet)} different symbols, ${lists}. Forgetting the order saves ${saved} bits each. ${latentNote(results)}`;
}

function latentHmm(results) {
  const { states, alphabet, rows } = results.hmm;
  return `${latentRows(rows, 'symbols', 'ssm-code')}\n\n${states} states, ${alphabet} symbols, parameters from a flat Dirichlet distribution. The ideal is the marginal likelihood. ${latentNote(results)}`;
}

function latentAlias({ alias, machine, date }) {
  const rows = alias.rows.map((row) => [
    number(row.alphabet),
    ns(row.search),
    ns(row.lookup),
    ns(row.alias.decode),
    (row.search / row.alias.decode).toFixed(1),
    ns(row.encode),
    ns(row.alias.encode),
  ]);
  const head = ['symbols', 'search', 'look-up table', 'alias', 'search / alias', 'encode, intervals', 'encode, alias'];
  return `${markdown(head, rows)}\n\nNanoseconds to decode a symbol, and to encode one; one call on ${number(alias.symbols)} symbols, ${machine.processor}, Node ${machine.node}, ${date}.`;
}

function latentFit({ fit, machine, date }) {
  const each = (bits) => (bits / fit.bytes).toFixed(3);
  const shown = fit.rows[0].rounds.map(({ round }) => round);
  const rows = fit.rows.map((row) => [
    `${row.states} states`,
    ...row.rounds.map(({ bits }) => each(bits)),
    each(row.net),
    each(row.heldOut),
    row.milliseconds.toFixed(0),
  ]);
  const none = ['order 0', ...shown.map(() => each(fit.order0)), '–', each(fit.heldOut0), '–'];
  const head = ['', ...shown.map((round) => `round ${round}`), 'coded', 'held out', 'ms a round'];
  return `${markdown(head, [none, ...rows])}\n\nBits a byte of ${fit.text}, ${number(fit.bytes)} bytes, before each of these rounds; as coded in the end, parameters not counted; and of the ${number(fit.bytes)} bytes that follow, which the fit has not seen. ${machine.processor}, Node ${machine.node}, ${date}.`;
}

const graphsMachine = ({ machine, date }) => `${machine.processor}, Node ${machine.node}, ${date}`;
const each3 = (bits, { edges }) => (bits / edges).toFixed(3);

/** Data sets of many graphs. */
function graphsTu(results) {
  if (results.tu.length === 0) return 'Not measured: the data sets were not there.';
  const rows = results.tu.map((row) => [
    row.name,
    number(row.graphs),
    number(row.edges),
    each3(row.ideal, row),
    `**${each3(row.plain.graphs, row)}**`,
    each3(row.plain.sizes, row),
    each3(row.sizeEntropy, row),
    each3(row.plain.parameters, row),
    each3(row.plain.ordered, row),
    row.labelled ? `${each3(row.idealLabelled, row)} / **${each3(row.labelled.graphs, row)}**` : '–',
    `${each3(row.all.archive, row)} (${row.all.model} ${row.all.form})`,
  ]);
  const head = ['', 'graphs', 'edges', 'one probability, ideal', 'graphs', 'sizes', 'their entropy', 'parameters'];
  head.push('with names', 'with vertex labels: ideal / graphs', 'everything, as an archive');
  const seconds = results.tu.map(
    ({ name, seconds }) => `${name} ${rate(seconds.compress)} / ${rate(seconds.decompress)}`,
  );
  return `${markdown(head, rows)}\n\nBits an edge. The ideal is Erdős–Rényi without names under one probability of an edge for the whole data set, as in the paper, from its definition with all symmetries counted; the stream knows the edges of each graph instead, and pays for them under sizes. *graphs*, *sizes* and *parameters* are real streams: joint form, no labels. The last column is the archive of the data set with all its labels, names and checksums of the file included. Seconds to compress, all tries and the check included, and to decompress: ${seconds.join(', ')}. ${graphsMachine(results)}.`;
}

/** Single graphs, beside SZIP. */
function graphsSzip(results) {
  const { large } = results;
  const rows = results.szip.map((row) => [
    row.name,
    `${number(row.vertices)} / ${number(row.edges)}`,
    each3(row.er.ordered, row),
    `${each3(row.ideal, row)} / **${each3(row.er.graphs, row)}**`,
    each3(row.ap.ordered, row),
    `**${each3(row.ap.graphs, row)}**`,
    each3(row.ap.initial, row),
    each3(row.ap.archive, row),
    row.szip === null ? '–' : row.szip.toFixed(2),
  ]);
  rows.push([
    'drawn here',
    `${number(large.vertices)} / ${number(large.edges)}`,
    '–',
    '–',
    each3(large.ap.ordered, large),
    `**${each3(large.ap.graphs, large)}**`,
    each3(large.ap.initial, large),
    each3(large.ap.archive, large),
    '–',
  ]);
  const head = ['', 'vertices / edges', 'ER with names', 'ER without: ideal / stream', 'AP with names', 'AP without'];
  head.push('initial bits', 'whole archive', 'SZIP');
  return `${markdown(head, rows)}\n\nBits an edge, real streams, autoregressive form, 4 rounds; ER is Erdős–Rényi, AP autoregressive Pólya. The archive has everything in it: the initial bits, which are counted apart before it, the sizes, names and checksums of the file. SZIP's column is what its authors report (Choi and Szpankowski 2012). The last graph grows by preference for vertices with many edges: ${rate(large.seconds.compress)} s to compress, check included, ${rate(large.seconds.decompress)} s to decompress, ${(large.memory / 2 ** 20).toFixed(0)} MiB for the whole process. ${graphsMachine(results)}.`;
}

/** What a symbol costs under each family. */
function models({ rows, symbols, rounds, machine, date }) {
  const cells = rows.map((row) => [row.title, ns(row.encode), ns(row.decode)]);
  return `${markdown(['', 'encode', 'decode'], cells)}\n\nNanoseconds a symbol with an AnsCoder: one call on ${number(symbols)} symbols, each with parameters of its own where the model is not one for all; medians of ${rounds} interleaved rounds, ${machine.processor}, Node ${machine.node}, ${date}. A model of up to 4,096 symbols is made a table once and then costs what the first row does, whatever its distribution.`;
}

/** Files of records: with their order, sorted, as a multiset. */
function multisetFiles({ files, machine, date }) {
  const cells = files.map((file) => {
    const least = Math.min(file.kept, file.sorted, file.multiset);
    const sizes = [file.kept, file.sorted, file.multiset].map((size) =>
      size === least ? `**${number(size)}**` : number(size),
    );
    return [file.title, number(file.records), number(file.bytes), ...sizes, file.model, number(Math.round(file.order))];
  });
  const head = ['', 'records', 'bytes', 'order kept', 'sorted', 'multiset', 'its model', 'an order alone'];
  return `${markdown(head, cells)}\n\nWhole archives in bytes; the last column is log2(n! / (m1! m2! ...)) / 8. ${machine.processor}, Node ${machine.node}, ${date}.`;
}

/** The smallest of each compressor's layouts, by size. */
function baselinesOf(set) {
  const all = (load('images-baselines')?.rows ?? []).filter((row) => row.set === set);
  const ids = [...new Set(all.map((row) => row.id))];
  const least = ids.map((id) => all.filter((row) => row.id === id).reduce((a, b) => (b.bytes < a.bytes ? b : a)));
  return least.sort((a, b) => a.bytes - b.bytes);
}

const bpp = (value) => value.toFixed(value < 0.3 ? 4 : 3);
const share = (part, whole) => `${((part / whole - 1) * 100).toFixed(2).replace('-0.00', '0.00')} %`;

function imagesNote(results) {
  const { processor } = results.machine;
  return `One thread, ${processor}, Node ${results.machine.node}, ${results.date}`;
}

/** Models and other compressors over one test set, smallest first. */
function imagesSet(set) {
  return (results) => {
    const baselines = baselinesOf(set);
    const best = baselines[0]?.bitsPerPixel;
    const models = results.models.filter((row) => row.set === set);
    const count = Math.max(...models.map((row) => row.images), 0);
    const ours = models.map((row) => {
      const rate = row.archive / row.pixels;
      const each = row.pixels / row.images;
      const pays = best > rate ? number(Math.ceil((8 * row.file) / ((best - rate) * each))) : 'never';
      const cells = [
        `**${row.model}**, ${number(Math.round(row.file / 1000))} kB${row.images < count ? `, first ${row.images} images` : ''}`,
        `**${bpp(rate)}**`,
        bpp(row.bound / row.pixels),
        `${share(row.net, row.bound)} / ${share(row.archive, row.bound)}`,
        number(row.initial),
        bpp((row.archive + 8 * row.file) / row.pixels),
        best === undefined ? '–' : pays,
      ];
      return { rate, cells: [...cells, `${secs(row.seconds.compress)} / ${secs(row.seconds.decompress)}`] };
    });
    const others = baselines.map((row) => {
      const name = `${row.title}${row.version ? ` (${row.version})` : ''}, ${row.layout}`;
      const cells = [name, bpp(row.bitsPerPixel), '–', '–', '–', bpp(row.bitsPerPixel), '–'];
      const times = `${secs(row.seconds.compress)} / ${secs(row.seconds.decompress)}`;
      return { rate: row.bitsPerPixel, cells: [...cells, times] };
    });
    const rows = [...ours, ...others].sort((a, b) => a.rate - b.rate).map(({ cells }) => cells);
    const head = ['', 'bits a pixel', '−ELBO', 'over it: images / archive', 'initial bits', 'with the weights'];
    head.push('weights pay from', 'compress / restore s');
    const what = set === 'binarised' ? 'in the static binarisation' : 'in greys';
    return `${markdown(head, rows)}\n\nThe ${number(count)} images of MNIST's test set, ${what}. Ours are whole archives, initial bits and headers included, decoded again and compared; the bound is the model's own, with sampled latents. *Over it* is what the images added to the stack, and what the whole archive came to. *Weights pay from* counts images from which on model file and archive together are smaller than the best of the others. Those were tried as one mosaic, as a stack of images, and as plain bytes or bits; the smallest is shown, under its command's settings; their seconds are processor time, measured in a run of their own. ${imagesNote(results)}.`;
  };
}

const secs = (value) => (value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2));

/** What bits of latents and of observations cost. */
function imagesPrecision(results) {
  const rows = results.variants
    .filter(({ options }) => options.latentBits !== undefined || options.observationBits !== undefined)
    .sort((a, b) => (a.model < b.model ? -1 : a.model > b.model ? 1 : 0) || precision(a) - precision(b))
    .map((row) => [
      row.model,
      row.options.latentBits === undefined ? 'an observation' : 'a latent',
      String(precision(row)),
      (row.net / row.pixels).toFixed(4),
      share(row.net, row.bound),
      number(row.initial),
    ]);
  return `${markdown(['', 'bits of', '', 'net bits a pixel', 'over −ELBO', 'initial bits'], rows)}\n\nWhole test set. ${imagesNote(results)}.`;
}
const precision = ({ options }) => options.latentBits ?? options.observationBits;

/** The two orders of hierarchies. */
function imagesOrders(results) {
  const rows = results.variants.filter(({ kind, options }) => options.order !== undefined && kind !== 'diffusion');
  const lines = rows
    .filter(({ options }) => options.order === 'bit-swap')
    .map((swap) => {
      const other = rows.find(({ model, options }) => model === swap.model && options.order === 'bb-ans');
      const cells = [swap.model, number(swap.images), bpp(swap.net / swap.pixels), bpp(other.net / other.pixels)];
      const [few, many] = [swap, other].map((row) => row.initialAlone ?? row.initial);
      return [...cells, number(Math.round(few)), number(Math.round(many)), (few / many).toFixed(3)];
    });
  const head = [
    '',
    'images',
    'net, Bit-Swap',
    'net, BB-ANS',
    'initial bits, Bit-Swap',
    'initial bits, BB-ANS',
    'ratio',
  ];
  return `${markdown(head, lines)}\n\nNet bits are bits a pixel. Initial bits are those of a single image, the mean of 20. ${imagesNote(results)}.`;
}

/** Diffusion in more and fewer steps. */
function imagesDiffusion(results) {
  const rows = results.variants
    .filter(({ kind }) => kind === 'diffusion')
    .sort((a, b) => a.options.steps - b.options.steps || (a.options.order < b.options.order ? -1 : 1))
    .map((row) => [
      `T = ${row.options.steps}, ${row.options.order === 'bit-swap' ? 'Bit-Swap' : 'BB-ANS'} order`,
      number(row.images),
      bpp(row.bound / row.pixels),
      bpp(row.net / row.pixels),
      share(row.net, row.bound),
      number(row.initial),
      (row.initial / (row.pixels / row.images)).toFixed(2),
      `${secs((row.seconds.compress / row.images) * 1000)} / ${secs((row.seconds.decompress / row.images) * 1000)}`,
    ]);
  const head = ['', 'images', 'bound', 'net', 'over it', 'initial bits', 'a dimension of one image', 'ms an image'];
  return `${markdown(head, rows)}\n\nBits a pixel. The bound is that for as many steps. ${imagesNote(results)}.`;
}

/** BB-ANS beside craystack's. */
function imagesCraystack(results) {
  const [row] = results.craystack;
  const ours = results.models.find(({ model }) => model === row?.model);
  if (row === undefined || ours === undefined) return 'Not measured yet: `npm run bench:images -- --craystack DIR`.';
  const cells = (title, { compress, decompress }, rate, by) => [title, secs(compress), secs(decompress), rate, by];
  const times = ({ compress, decompress }) =>
    `${(compress / ours.seconds.compress).toFixed(1)} / ${(decompress / ours.seconds.decompress).toFixed(1)}`;
  const rows = [
    cells('**surprisal**, an archive', ours.seconds, bpp(ours.archive / ours.pixels), '–'),
    ...results.craystack.map((one) =>
      cells(
        one.lanes === 1 ? 'craystack, one image after another' : `craystack, ${one.lanes} images side by side`,
        one.seconds,
        bpp(one.stream / (784 * one.images)),
        times(one.seconds),
      ),
    ),
  ];
  const { numpy } = row.versions;
  const head = ['', 'compress s', 'restore s', 'bits a pixel, all', 'times ours'];
  return `${markdown(head, rows)}\n\n${number(row.images)} binarised images with the same weights, networks included. craystack with the precisions of its own example (8 bits a latent, 16 a pixel, 14 for posteriors) and networks in NumPy ${numpy}; its example has 10 images side by side, and each pixel and latent of these has a state of 64 bits in the message. ${imagesNote(results)}.`;
}

/** Training steps beside PyTorch and jax-js. */
function networks({ rows, versions, training, machine, rounds, date }) {
  const ms = (value) => (value === undefined ? '–' : value.toFixed(value < 10 ? 2 : 1));
  const cells = rows.map(({ title, megaflops, milliseconds: all }) => {
    const [ours, torch, jax] = ['surprisal', 'PyTorch', 'jax-js'].map((name) => all[name]);
    const by = (theirs) => (ours && theirs ? (theirs / ours).toFixed(2) : '–');
    const speed = ours ? (megaflops / ours).toFixed(1) : '–';
    return [title, ms(ours), ms(torch), ms(jax), by(torch), by(jax), speed];
  });
  const head = ['', 'ours', 'PyTorch', 'jax-js', 'times PyTorch', 'times jax-js', 'our GFLOP/s'];
  const trained = training
    ? ` ${training.epochs} epochs of the binary model 784-100-40 on ${number(training.images)} images take ${training.seconds.toFixed(0)} s.`
    : '';
  return `${markdown(head, cells)}\n\nMilliseconds of a step: forwards, backwards, Adam; a time of 2.00 is twice as fast as theirs. Medians of ${rounds} rounds in turns, one thread each, on the same arrays, whose binary pixels are 1 in a fifth of the places, as in MNIST; the losses after two steps agree.${trained} PyTorch ${versions.torch ?? '–'} (eager; channels last unless said otherwise), jax-js ${versions['jax-js'] ?? '–'} with its WASM backend and one compiled step, ${machine.processor}, Node ${machine.node}, ${date}.`;
}

const tables = {
  ...samplingTables(load),
  networks: ['networks', networks],
  'images-binarised': ['images', imagesSet('binarised')],
  'images-raw': ['images', imagesSet('raw')],
  'images-precision': ['images', imagesPrecision],
  'images-orders': ['images', imagesOrders],
  'images-diffusion': ['images', imagesDiffusion],
  'images-craystack': ['images', imagesCraystack],
  'multiset-files': ['multiset', multisetFiles],
  models: ['models', models],
  'graphs-tu': ['graphs', graphsTu],
  'graphs-szip': ['graphs', graphsSzip],
  'latent-multiset': ['latent', latentMultiset],
  'latent-hmm': ['latent', latentHmm],
  'latent-alias': ['latent', latentAlias],
  'latent-fit': ['latent', latentFit],
  interleaved: ['interleaved', interleaved],
  'files-summary': ['files', summary],
  'files-each': ['files', each],
  engines: ['engines', engines],
  coders: ['coders', coders],
  'coders-overhead': ['coders', codersOverhead],
  'coders-single': ['coders', codersSingle],
  'coders-npm': ['coders', codersNpm],
  'coders-memory': ['coders', codersMemory],
};

const check = process.argv.includes('--check');
let failed = 0;
for (const page of pages) {
  const path = join(root, page);
  const before = readFileSync(path, 'utf8');
  let unknown = false;
  const after = before.replace(
    /(<!-- table: ([\w-]+) -->\n)[\s\S]*?(<!-- end of table -->)/g,
    (whole, open, name, close) => {
      const table = tables[name];
      if (!table) {
        console.log(`FAILED: ${page} asks for a table ${name}: there are ${Object.keys(tables).join(', ')}`);
        unknown = true;
        return whole;
      }
      const results = load(table[0]);
      const text = results
        ? table[1](results)
        : `Not measured yet: \`npm run bench:${table[0]}\` writes bench/results/${table[0]}.json.`;
      return `${open}${text}\n${close}`;
    },
  );
  const stale = check && after !== before;
  if (stale)
    console.log(`FAILED: the tables of ${page} are not those of bench/results: run \`npm run readme\` and commit it`);
  if (unknown || stale) failed++;
  else if (after !== before) {
    writeFileSync(path, after);
    console.log(`${page} has new tables`);
  }
}
if (check) console.log(`${pages.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
