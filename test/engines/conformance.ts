/**
 * What every engine computes: the same program in Node, browsers, Bun and Deno. It asks a server for tasks and sends
 * back results, so that it needs nothing of its engine but `fetch`.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { notebookData, walk } from '../../examples/notebook.ts';
import { compressSync, decompressSync } from '../../src/index.ts';
import { logisticTables, MATH_FUNCTIONS } from '../../src/kernels/math.ts';
import { codecsGolden } from '../support/codecs_golden.ts';
import { codingGolden } from '../support/coding_golden.ts';
import { ctwGolden } from '../support/ctw_golden.ts';
import { imagesGolden } from '../support/images_golden.ts';
import { archiveInputs, SEGMENTED } from '../support/inputs.ts';
import { goldenHash } from '../support/math_golden.ts';
import { networksGolden } from '../support/networks_golden.ts';
import { oraclesGolden } from '../support/oracles_golden.ts';
import { ppmGolden } from '../support/ppm_golden.ts';
import { samplersGolden } from '../support/samplers_golden.ts';
import { sequenceModelsGolden } from '../support/sequence_models_golden.ts';

export interface ProduceTask {
  kind: 'produce';
  /** Arguments of each function. */
  count: number;
  /** Only what an emulated processor has done within half a minute. */
  small: boolean;
}

export interface DecodeTask {
  kind: 'decode';
  archives: readonly { id: string; base64: string }[];
}

export type Task = ProduceTask | DecodeTask | { kind: 'done' };

export interface Produced {
  version: string;
  /** Results in words or as SHA-256, by what they are of. */
  hashes: Record<string, string>;
  /** Archives by the name of their input. */
  archives: Record<string, { sha256: string; base64: string; raw: string }>;
}

/** SHA-256 of what each archive decodes to, or the error. */
export type Decoded = Record<string, string>;

export type Result = { produced: Produced } | { decoded: Decoded } | { error: string };

const hex = (bytes: Uint8Array) => bytesToHex(sha256(bytes));

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function version(): string {
  const host = globalThis as {
    Bun?: { version: string };
    Deno?: { version: { deno: string; v8: string } };
    process?: { version?: string; arch?: string };
  };
  if (host.Bun) return `Bun ${host.Bun.version}`;
  if (host.Deno) return `Deno ${host.Deno.version.deno}, V8 ${host.Deno.version.v8}`;
  if (typeof document !== 'undefined') {
    const match = /(Firefox|Chrome|HeadlessChrome|Safari)\/[\d.]+/.exec(navigator.userAgent);
    return match?.[0].replace('/', ' ') ?? navigator.userAgent;
  }
  return `Node ${host.process?.version} ${host.process?.arch}`;
}

const prefixed = (name: string, sums: Record<string, number>) =>
  Object.fromEntries(Object.entries(sums).map(([what, sum]) => [`${name}, ${what}`, sum]));

function produce({ count, small }: ProduceTask): Produced {
  const hashes: Produced['hashes'] = {};
  for (const name of MATH_FUNCTIONS) {
    hashes[`${name} of ${count} doubles`] = goldenHash(name, count);
    hashes[`${name} of ${count} floats`] = goldenHash(name, count, true);
  }
  const { stretch, squash } = logisticTables();
  hashes['logistic tables'] = hex(new Uint8Array([...stretch, ...squash].flatMap((v) => [v & 255, (v >> 8) & 255])));
  for (const [what, hash] of Object.entries(codingGolden())) hashes[`words of ${what}`] = hash;
  for (const [what, hash] of Object.entries(codecsGolden())) hashes[`codec: ${what}`] = hash;
  for (const [what, hash] of Object.entries(imagesGolden())) hashes[`images: ${what}`] = hash;
  for (const [what, hash] of Object.entries(networksGolden())) hashes[`training: ${what}`] = hash;
  if (!small) {
    for (const [what, text] of Object.entries(samplersGolden())) hashes[`sample: ${what}`] = text;
    const predictions = { ...sequenceModelsGolden(), ...prefixed('ppm', ppmGolden()), ...prefixed('ctw', ctwGolden()) };
    for (const [what, sum] of Object.entries(predictions)) hashes[`predictions: ${what}`] = String(sum);
    for (const [what, bits] of Object.entries(oraclesGolden())) hashes[`lengths: ${what}`] = bits;
  }
  const outputs: number[] = [];
  const result = walk(notebookData(), () => {}, { onStep: ({ output }) => outputs.push(...output) });
  hashes['notebook lines'] = result.compressed.join(' ');
  hashes['notebook decompressed'] = result.decompressed.join(' ');
  hashes['notebook size'] = String(result.sizes.compressed);
  hashes['notebook probabilities'] = hex(new Uint8Array(Float64Array.from(outputs).buffer));
  const archives: Produced['archives'] = {};
  const add = (name: string, bytes: Uint8Array, archive: Uint8Array) => {
    archives[name] = { sha256: hex(archive), base64: toBase64(archive), raw: hex(bytes) };
  };
  for (const [name, make] of Object.entries(archiveInputs(small))) {
    const bytes = make();
    add(name, bytes, compressSync(bytes));
    if (name !== SEGMENTED.input) continue;
    add(SEGMENTED.name, bytes, compressSync(bytes, { segmentSize: SEGMENTED.segmentSize }));
  }
  return { version: version(), hashes, archives };
}

function decode({ archives }: DecodeTask): Decoded {
  const decoded: Decoded = {};
  for (const { id, base64 } of archives) {
    try {
      decoded[id] = hex(decompressSync(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))));
    } catch (error) {
      decoded[id] = String(error);
    }
  }
  return decoded;
}

function perform(task: ProduceTask | DecodeTask): Result {
  try {
    return task.kind === 'produce' ? { produced: produce(task) } : { decoded: decode(task) };
  } catch (error) {
    return { error: error instanceof Error ? `${error}\n${error.stack}` : String(error) };
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Does what the server at `base` asks for, until it is told to stop. */
async function serve(base: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${base}task`);
    const text = await response.text();
    if (response.status === 200) {
      const task = JSON.parse(text) as Task;
      if (task.kind === 'done') return;
      await fetch(`${base}result`, { method: 'POST', body: JSON.stringify(perform(task)) });
    } else await pause(150);
  }
}

const host = globalThis as { document?: object; location?: { href: string }; process?: { argv: string[] } };
await serve(host.document && host.location ? new URL('.', host.location.href).href : host.process!.argv[2]);
