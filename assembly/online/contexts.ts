// The contexts: which parts of the past are looked at. Orders for text and code, words, columns and lines for tables,
// gaps for binary data, and what followed the same bytes before (indirect contexts).
import { GAPS, HASHES, INDIRECT2, LAST_SEEN, VOTES } from './layout';
import { put32 } from './journal';
import { hash2 } from './counters';
import { state, State } from './state';
import { byteAt, lengthStep, match } from './matches';

const RECORD_MAX: u32 = 4096;

// @ts-ignore: decorator
@inline
function context(i: u32, hash: u32): void {
  let x = (hash + i) * 0x9e3779b1;
  x ^= x >> 15;
  x *= 0x85ebca6b;
  store<u32>(HASHES + (i << 2), x ^ (x >> 13));
}

/** 1 lower-case letter, 2 capital, 3 digit, 0 space, 4 new line, 5 other control, 6 punctuation, 7 beyond ASCII. */
// @ts-ignore: decorator
@inline
function classOf(c: u32): u32 {
  if (c >= 128) return 7;
  if (c >= 97 && c <= 122) return 1;
  if (c >= 65 && c <= 90) return 2;
  if (c >= 48 && c <= 57) return 3;
  if (c == 32) return 0;
  if (c == 10) return 4;
  return c < 32 ? 5 : 6;
}

/** Records: three bytes that return again and again at the same distance vote for it. */
function findRecords(s: State): void {
  const position = s.position;
  const seen = LAST_SEEN + ((((s.c4 & 0xffffff) * 0x9e3779b1) >> 20) << 2);
  const gap = position - load<u32>(seen);
  if (gap > 1 && gap < RECORD_MAX) {
    if (load<u32>(seen + (GAPS - LAST_SEEN)) == gap) {
      const votes = VOTES + (gap << 2);
      const n = load<u32>(votes) + 1;
      put32(votes, n);
      if (gap != s.record && n > load<u32>(VOTES + (s.record << 2)) + 16) s.record = gap;
    }
  }
  put32(seen + (GAPS - LAST_SEEN), gap);
  put32(seen, position);
  if ((position & 4095) == 0)
    for (let at: u32 = VOTES; at < VOTES + RECORD_MAX * 4; at += 4) {
      const n = load<u32>(at);
      if (n) put32(at, n >> 1);
    }
}

/** Learns what followed the last bytes. */
export function learnIndirect(c4: u32, byte: u32): void {
  const two = INDIRECT2 + ((c4 & 0xffff) << 2);
  put32(two, (load<u32>(two) << 8) | byte);
}

/** Hashes all contexts of the next byte. */
export function hashContexts(): void {
  const s = state();
  const c4 = s.c4, c8 = s.c8, position = s.position;
  const c1 = c4 & 255;
  const kind = classOf(c1);
  if (kind == 1 || kind == 7) s.word = hash2(s.word, c1);
  else if (kind == 2) s.word = hash2(s.word, c1 + 32);
  else if (s.word != 0) {
    s.word2 = s.word1;
    s.word1 = s.word;
    s.word = 0;
  }
  s.classes = (s.classes << 3) | kind;
  if (!(kind == (s.skeleton & 15) && (kind == 1 || kind == 3))) s.skeleton = (s.skeleton << 4) | kind;
  if (c1 == 10) {
    s.line1 = s.line;
    s.line = position;
  }
  const column = position - s.line;
  const above = s.line1 + column < s.line ? byteAt(s.line1 + column) : 10;
  if (position > 0) findRecords(s);
  const r = s.record;
  const up = r ? byteAt(position - r) : 0;
  const up2 = r ? byteAt(position - 2 * r) : 0;
  const word = s.word;
  const two = load<u32>(INDIRECT2 + ((c4 & 0xffff) << 2));
  const m = match(0);

  context(0, hash2(c4 & 0xffff, 2));
  context(1, hash2(c4 & 0xffffff, 3));
  context(2, hash2(c4, 4));
  context(3, hash2(c4, (c8 & 0xff) + 0x500));
  context(4, hash2(c4, (c8 & 0xffff) + 0x60000));
  context(5, hash2(word, c1));
  context(6, hash2(word, s.word1 + 77));
  context(7, hash2(word + c1 * 271, s.word2 + 777));
  context(8, hash2(c4 & 0xffff00, 9));
  context(9, hash2(c4 & 0xffff0000, 11));
  context(10, hash2(column, above + 0x1200));
  context(11, hash2(two & 0xffffff, 15));
  context(12, hash2(m.expected | (min<u32>(m.length, 15) << 9), c1 + 0x1600));
  context(13, hash2(up | (r << 8), c1 + 0x1700));
  context(14, hash2(r ? position % r : 0, up | (up2 << 8) | 0x180000));
  context(15, hash2(s.skeleton & 0xffffff, c1 + 0x1900));
}
