/**
 * What every engine computes: the same program in Node, browsers, Bun and Deno. It asks a server for tasks and sends
 * back results, so that it needs nothing of its engine but `fetch`.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { notebookData, walk } from '../../examples/notebook.ts';
import { compressSync, decompressSync } from '../../src/index.ts';
import { logisticTables, MATH_FUNCTIONS } from '../../src/kernels/math.ts';
import { goldenHash } from '../support/math_golden.ts';

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

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return (z ^ (z >>> 14)) >>> 0;
  };
}

/** Text of words that repeat as words do. */
function words(size: number): Uint8Array {
  const next = generator(1);
  const dictionary = Array.from({ length: 400 }, () =>
    String.fromCharCode(...Array.from({ length: 1 + (next() % 9) }, () => 97 + (next() % 26))),
  );
  let text = '';
  while (text.length < size) {
    const rank = Math.min(next() % 400, next() % 400, next() % 400);
    text += dictionary[rank] + (next() % 9 === 0 ? '.\n' : ' ');
  }
  return new TextEncoder().encode(text.slice(0, size));
}

/** Records of 12 bytes: a counter, a slow walk, flags and zeros. */
function records(size: number): Uint8Array {
  const next = generator(2);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let level = 5000;
  for (let at = 0; at + 12 <= size; at += 12) {
    level += (next() % 21) - 10;
    view.setUint32(at, at / 12, true);
    view.setInt16(at + 4, level, true);
    view.setUint8(at + 6, next() % 16 === 0 ? 1 : 0);
  }
  return bytes;
}

/** Bytes that do not compress. */
function noise(size: number): Uint8Array {
  const next = generator(3);
  return Uint8Array.from({ length: size }, next);
}

function inputs(small: boolean): Record<string, () => Uint8Array> {
  const few = {
    nothing: () => new Uint8Array(0),
    'one byte': () => Uint8Array.of(65),
    'words 4 kB': () => words(4000),
    'records 3 kB': () => records(3000),
    'noise 1 kB': () => noise(1000),
  };
  if (small) return few;
  return {
    ...few,
    'words 200 kB': () => words(200_000),
    'records 120 kB': () => records(120_000),
    'noise 20 kB': () => noise(20_000),
    'zeros 300 kB': () => new Uint8Array(300_000),
    'all of them 500 kB': () => {
      const parts = [words(200_000), records(200_000), noise(50_000), words(50_000)];
      const whole = new Uint8Array(500_000);
      let at = 0;
      for (const part of parts) {
        whole.set(part, at);
        at += part.length;
      }
      return whole;
    },
  };
}

/** The last input once more, in segments, so that more than one model is at work. */
const SEGMENTED = 'words 200 kB';

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

function produce({ count, small }: ProduceTask): Produced {
  const hashes: Produced['hashes'] = {};
  for (const name of MATH_FUNCTIONS) {
    hashes[`${name} of ${count} doubles`] = goldenHash(name, count);
    hashes[`${name} of ${count} floats`] = goldenHash(name, count, true);
  }
  const { stretch, squash } = logisticTables();
  hashes['logistic tables'] = hex(new Uint8Array([...stretch, ...squash].flatMap((v) => [v & 255, (v >> 8) & 255])));
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
  for (const [name, make] of Object.entries(inputs(small))) {
    const bytes = make();
    add(name, bytes, compressSync(bytes));
    if (name === SEGMENTED) add(`${name} in segments`, bytes, compressSync(bytes, { segmentSize: 65536 }));
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
