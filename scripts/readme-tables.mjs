// Renders the README's tables from bench/results/*.json, between marker comments, so that no figure is typed by hand:
// `npm run readme`. With --check it changes nothing and fails when the README differs from what it would write.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const readme = join(root, 'README.md');

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

const tables = {
  'files-summary': ['files', summary],
  'files-each': ['files', each],
  engines: ['engines', engines],
};

let failed = false;
const before = readFileSync(readme, 'utf8');
const after = before.replace(
  /(<!-- table: ([\w-]+) -->\n)[\s\S]*?(<!-- end of table -->)/g,
  (whole, open, name, close) => {
    const table = tables[name];
    if (!table) {
      console.log(`FAILED: README.md asks for a table ${name}: there are ${Object.keys(tables).join(', ')}`);
      failed = true;
      return whole;
    }
    const results = load(table[0]);
    const text = results
      ? table[1](results)
      : `Not measured yet: \`npm run bench\` writes bench/results/${table[0]}.json.`;
    return `${open}${text}\n${close}`;
  },
);
if (process.argv.includes('--check')) {
  if (after !== before) {
    console.log('FAILED: the tables of README.md are not those of bench/results: run `npm run readme` and commit it');
    failed = true;
  }
  console.log(failed ? '0 passed, 1 failed' : '1 passed, 0 failed');
} else if (after !== before) {
  writeFileSync(readme, after);
  console.log('README.md has new tables');
}
process.exit(failed ? 1 : 0);
