// Bits that must never change unless the method's revision does: see CONTRIBUTING.md.
import { hexToBytes } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import { decompressSync } from '../src/index.ts';
import { archiveSums, codedSums, SHORT, shortArchives } from './support/online_golden.ts';
import golden from './vectors/online_golden.json' with { type: 'json' };

test('coded blocks are the golden ones', () => {
  expect(codedSums()).toEqual(golden.coded);
});

test('archives are the golden ones', () => {
  expect(archiveSums()).toEqual(golden.archives);
});

test('short archives are the golden ones, byte for byte, and can be read', () => {
  expect(shortArchives()).toEqual(golden.whole);
  const whole: Record<string, string> = golden.whole;
  for (const text of SHORT) expect(new TextDecoder().decode(decompressSync(hexToBytes(whole[text])))).toBe(text);
});
