/**
 * Writes test/vectors/records.json: archives of records that every later version has to write and read.
 *
 *     npx tsx scripts/records-golden.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomWords } from '../src/codecs/stack.ts';
import { sortRecords, splitRecords } from '../src/formats/record-layout.ts';
import { compressRecords, type RecordsOptions } from '../src/formats/records.ts';
import { decompressSync } from '../src/index.ts';
import { TextRecords } from '../src/structures/record-models.ts';
import { pushRecords } from '../src/structures/record-sets.ts';

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const ascii = (text: string) => new TextEncoder().encode(text);

const binary = new Uint8Array(randomWords(300, 1).buffer);
const rows = Array.from(randomWords(1000, 2), (word) => word.toString(16).padStart(8, '0'));
const files: [Uint8Array, RecordsOptions][] = [
  [binary, { size: 4 }],
  [ascii(`id,"a\nb"\r\n${rows.join('\r\n')}`), { layout: 'csv' }],
  [ascii('the\norder\nof\nlines\nis\nnot\nkept\nnot\n'), {}],
];
const archives = [];
for (const [file, options] of files) {
  const { archive, coding } = await compressRecords(file, options);
  archives.push({
    file: hexOf(file),
    options,
    coding,
    archive: hexOf(archive),
    restored: hexOf(decompressSync(archive)),
  });
}
const text = `${Array.from({ length: 60 }, (_, i) => `line ${(i * 31) % 47} of the list`).join('\n')}\n`;
const work = pushRecords(sortRecords(splitRecords(ascii(text))), () => new TextRecords(12, false), 7);
let step = work.next();
while (!step.done) step = work.next();
const { words, initial } = step.value;
const all = { archives, text: { file: text, words: [...words], initial } };
writeFileSync(join(import.meta.dirname, '../test/vectors/records.json'), `${JSON.stringify(all, null, 1)}\n`);
for (const { coding, archive } of archives) console.log(coding, archive.length / 2);
