/** Inputs from integer generators, the same on every machine: what golden archives and other engines are held to. */
import { randomBytes, randomOf, textBytes } from './random.ts';

function generator(seed: number): () => number {
  const random = randomOf(seed);
  return () => random(2 ** 32);
}

/** Text of words that repeat as words do. */
export function words(size: number): Uint8Array {
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
export function records(size: number): Uint8Array {
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
export function noise(size: number): Uint8Array {
  const next = generator(3);
  return Uint8Array.from({ length: size }, next);
}

/** Rows of an imagined table as JSON, one a line. */
export function json(size: number): Uint8Array {
  const random = randomOf(4);
  const names = ['Ada', 'Blaise', 'Carl', 'Émilie', 'Grace', 'Kurt', 'Sofja', '雪'];
  let text = '';
  for (let id = 1000; text.length < size; id += 1 + random(3)) {
    const score = random(10000) / 100;
    text += `${JSON.stringify({ id, name: names[random(8)], score, tags: ['a', 'b', 'c'].slice(random(4)) })}\n`;
  }
  return new TextEncoder().encode(text).subarray(0, size);
}

/** Long runs of one byte between short ones. */
export function runs(size: number): Uint8Array {
  const random = randomOf(5);
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const end = at + (random(4) === 0 ? random(3000) : random(6));
    bytes.fill(random(3) * 85, at, end);
    at = end;
  }
  return bytes;
}

/** All byte values in order, again and again. */
export function counting(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i);
}

/** A little of everything, one after the other. */
export function mixture(size: number): Uint8Array {
  const part = Math.ceil(size / 8);
  const kinds = [textBytes(part, 6), records(part), words(part), randomBytes(part, 7), json(part), runs(part)];
  const whole = new Uint8Array(size);
  for (let at = 0, i = 0; at < size; at += part, i++) whole.set(kinds[i % 6].subarray(0, size - at), at);
  return whole;
}

/** Inputs whose archives every engine must make alike; `small`: only what an emulated processor codes in seconds. */
export function archiveInputs(small = false): Record<string, () => Uint8Array> {
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
    'json 60 kB': () => json(60_000),
    'runs 60 kB': () => runs(60_000),
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

/** The one of {@link archiveInputs} that is also coded in segments, so that more than one model is at work. */
export const SEGMENTED = { input: 'words 200 kB', name: 'words 200 kB in segments', segmentSize: 65536 } as const;
