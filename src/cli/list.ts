/** `surprisal list`: what an archive says about itself, without decoding it. */

import { type ArchiveListing, list, type MemberListing } from '../formats/archive.ts';
import { describeParameters } from '../formats/methods.ts';
import { DEFAULT_MAX_MEMORY } from '../formats/options.ts';
import { explain, randomAccess } from './archive.ts';
import { shown } from './messages.ts';
import { formatRatio, formatSize } from './sizes.ts';
import { openSource } from './source.ts';

/** One archive, as `list --json` prints it. Sizes in bytes. */
export interface ListResult {
  file: string;
  raw: number;
  coded: number;
  members: {
    kind: string;
    method: string;
    revision: number;
    parameters: Record<string, number>;
    segments: number;
    blocks: number;
    storedBlocks: number;
    segmentSize: number | null;
    raw: number;
    coded: number;
    bitsPerByte: number | null;
    memory: number;
    indexed: boolean;
    sha256: string;
    name: string | null;
    /** ISO 8601. */
    mtime: string | null;
  }[];
}

export async function listFile(path: string): Promise<ListResult> {
  const source = await openSource(path, { links: true, special: true, single: false });
  try {
    const access = await randomAccess(source);
    try {
      return result(source.name, await list(access.source));
    } catch (error) {
      throw explain(error, access.head, DEFAULT_MAX_MEMORY);
    } finally {
      await access.close();
    }
  } finally {
    await source.close();
  }
}

function result(file: string, listing: ArchiveListing): ListResult {
  const raw = listing.members.reduce((sum, one) => sum + contentSize(one), 0);
  return { file, raw, coded: listing.size, members: listing.members.map(member) };
}

/** Bytes that the member decodes to: for a multiset or graphs their parameters say so, as its raw bytes only stand for them. */
function contentSize({ header, methodName, rawSize }: MemberListing): number {
  return methodName === 'multiset' || methodName === 'shuffle' || methodName === 'latent'
    ? (describeParameters(header).size ?? rawSize)
    : rawSize;
}

function member(listing: MemberListing): ListResult['members'][number] {
  const { header } = listing;
  const size = contentSize(listing);
  const blocks = listing.segments.flatMap((segment) => segment.blocks);
  return {
    kind: listing.kindName,
    method: listing.methodName,
    revision: header.revision,
    parameters: describeParameters(header),
    segments: listing.segments.length,
    blocks: blocks.length,
    storedBlocks: blocks.filter((block) => block.stored).length,
    segmentSize: header.segmentSize ?? null,
    raw: size,
    coded: listing.length,
    bitsPerByte: size === 0 ? null : (8 * listing.length) / size,
    memory: header.memory,
    indexed: listing.indexed,
    sha256: listing.sha256,
    name: header.name ?? null,
    mtime: header.mtime === undefined ? null : new Date(header.mtime).toISOString(),
  };
}

const HEADINGS = ['method', 'segments', 'blocks', 'size', 'archive', 'ratio', 'bits/byte', 'memory', 'check', 'file'];
/** Columns that are text; the others are numbers and stand at the right. */
const LEFT = new Set(['method', 'check', 'file']);

/** `online.0 24/24`: method, revision, parameters in the order of the header; before it the kind, if it is no file. */
function methodCell(m: ListResult['members'][number]): string {
  const parameters = Object.values(m.parameters).join('/');
  const kind = m.kind === 'file' ? '' : `${m.kind} `;
  return `${kind}${m.method}.${m.revision}${parameters === '' ? '' : ` ${parameters}`}`;
}

/** What the archive keeps of the file, where it does. */
function kept(m: ListResult['members'][number]): string {
  const facts = [m.name === null ? '' : shown(m.name), m.mtime === null ? '' : m.mtime.replace(/\.\d+Z$/, 'Z')];
  const text = facts.filter((fact) => fact !== '').join(', ');
  return text === '' ? '' : ` (was ${text})`;
}

/** The table of several archives, one line a member. */
export function listTable(results: readonly ListResult[], bold: (text: string) => string): string {
  const rows = results.flatMap((archive) =>
    archive.members.map((m, i) => [
      methodCell(m),
      String(m.segments),
      String(m.blocks),
      formatSize(m.raw),
      formatSize(m.coded),
      formatRatio(m.raw, m.coded),
      m.bitsPerByte === null ? '-' : m.bitsPerByte.toFixed(3),
      formatSize(m.memory),
      `SHA-256 ${m.sha256.slice(0, 8)}`,
      shown(archive.file) + (archive.members.length > 1 ? ` (member ${i + 1})` : '') + kept(m),
    ]),
  );
  if (results.length > 1) {
    const raw = results.reduce((sum, r) => sum + r.raw, 0);
    const coded = results.reduce((sum, r) => sum + r.coded, 0);
    rows.push([
      'total',
      String(results.reduce((n, r) => n + r.members.reduce((s, m) => s + m.segments, 0), 0)),
      String(results.reduce((n, r) => n + r.members.reduce((s, m) => s + m.blocks, 0), 0)),
      formatSize(raw),
      formatSize(coded),
      formatRatio(raw, coded),
      raw === 0 ? '-' : ((8 * coded) / raw).toFixed(3),
      '',
      '',
      `${results.length} archives`,
    ]);
  }
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (LEFT.has(HEADINGS[i]) ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [bold(line(HEADINGS)), ...rows.map(line)].join('\n') + '\n';
}

/** Everything about one archive, for `list -v`. */
export function listDetails(archive: ListResult): string {
  const lines = [`${shown(archive.file)}: ${archive.coded} bytes, ${archive.raw} raw`];
  archive.members.forEach((m, i) => {
    const parameters = Object.entries(m.parameters)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
    lines.push(
      `  member ${i + 1}: ${m.kind}, method ${m.method} revision ${m.revision}${parameters ? ` (${parameters})` : ''}`,
      `    ${m.raw} bytes in ${m.coded}${m.bitsPerByte === null ? '' : `, ${m.bitsPerByte.toFixed(4)} bits a byte`}`,
      `    ${m.segments} segment${m.segments === 1 ? '' : 's'}${m.segmentSize === null ? '' : ` of ${m.segmentSize} bytes`}, ` +
        `${m.blocks} block${m.blocks === 1 ? '' : 's'}, ${m.storedBlocks} stored${m.indexed ? ', with an index' : ''}`,
      `    memory to decode: ${m.memory} bytes`,
      `    SHA-256 ${m.sha256}${m.method === 'multiset' || m.method === 'shuffle' ? ' of the code' : ''}, CRC-32C a block`,
    );
    if (m.name !== null) lines.push(`    name kept: ${shown(m.name)}`);
    if (m.mtime !== null) lines.push(`    time kept: ${m.mtime}`);
  });
  return lines.join('\n') + '\n';
}
