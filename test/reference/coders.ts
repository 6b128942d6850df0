/**
 * The stream coders in BigInt, as plainly as they can be written: what src/coders is held against, word for word.
 *
 * `W` bits a word, `2 W` a state, `P` a probability. A model is its list of cumulative frequencies: symbol s has the
 * interval from cumulative[s] to cumulative[s + 1].
 */
export interface Widths {
  readonly W: bigint;
  readonly P: bigint;
}

export const widths = { default: { W: 32n, P: 24n }, small: { W: 16n, P: 12n } } as const;

type Table = ArrayLike<number>;

const interval = (table: Table, symbol: number) => {
  const l = BigInt(table[symbol]);
  return { l, p: BigInt(table[symbol + 1]) - l };
};

function search(table: Table, quantile: bigint) {
  let symbol = 0;
  while (BigInt(table[symbol + 1]) <= quantile) symbol++;
  return { symbol, ...interval(table, symbol) };
}

const bitLength = (x: bigint) => (x === 0n ? 0 : x.toString(2).length);

export class ReferenceAns {
  words: bigint[];
  state = 0n;
  readonly w: Widths;

  constructor(w: Widths, compressed: ArrayLike<number> = [], seal = false) {
    this.w = w;
    this.words = Array.from(compressed, BigInt);
    if (seal) this.state = 1n;
    while (this.state < 1n << w.W && this.words.length > 0) this.state = (this.state << w.W) | this.words.pop()!;
  }

  encode(symbol: number, table: Table): void {
    const { W, P } = this.w;
    const { l, p } = interval(table, symbol);
    if (this.state >> (2n * W - P) >= p) {
      this.words.push(this.state & ((1n << W) - 1n));
      this.state >>= W;
    }
    this.state = ((this.state / p) << P) | (l + (this.state % p));
  }

  decode(table: Table): number {
    const { W, P } = this.w;
    const quantile = this.state & ((1n << P) - 1n);
    const { symbol, l, p } = search(table, quantile);
    this.state = (this.state >> P) * p + (quantile - l);
    if (this.state < 1n << W && this.words.length > 0) this.state = (this.state << W) | this.words.pop()!;
    return symbol;
  }

  compressed(): number[] {
    const words = [...this.words];
    for (let x = this.state; x > 0n; x >>= this.w.W) words.push(x & ((1n << this.w.W) - 1n));
    return words.map(Number);
  }

  validBits(): number {
    return Number(this.w.W) * this.words.length + Math.max(bitLength(this.state), 1) - 1;
  }
}

export class ReferenceRangeEncoder {
  words: bigint[] = [];
  lower = 0n;
  range: bigint;
  inverted = 0;
  first = 0n;
  readonly w: Widths;
  private readonly all: bigint;

  constructor(w: Widths) {
    this.w = w;
    this.all = (1n << (2n * w.W)) - 1n;
    this.range = this.all;
  }

  private release(carry: boolean): void {
    const most = (1n << this.w.W) - 1n;
    this.words.push(carry ? this.first + 1n : this.first);
    for (let i = 1; i < this.inverted; i++) this.words.push(carry ? 0n : most);
  }

  encode(symbol: number, table: Table): void {
    const { W, P } = this.w;
    const { l, p } = interval(table, symbol);
    const scale = this.range >> P;
    this.range = scale * p;
    const next = (this.lower + scale * l) & this.all;
    if (this.inverted > 0 && ((next + this.range) & this.all) > next) {
      this.release(next < this.lower);
      this.inverted = 0;
    }
    this.lower = next;
    if (this.range < 1n << W) {
      this.range <<= W;
      const word = this.lower >> W;
      this.lower = (this.lower << W) & this.all;
      if (this.inverted > 0) this.inverted++;
      else if (((this.lower + this.range) & this.all) > this.lower) this.words.push(word);
      else {
        this.inverted = 1;
        this.first = word;
      }
    }
  }

  compressed(): number[] {
    const { W } = this.w;
    if (this.range === this.all) return [];
    const kept = [...this.words];
    const point = (this.lower + (1n << W) - 1n) & this.all;
    if (this.inverted > 0) this.release(point < this.lower);
    this.words.push(point >> W);
    if (((this.lower + this.range) & this.all) >> W === point >> W) this.words.push(0n);
    const words = this.words.map(Number);
    this.words = kept;
    return words;
  }
}

export class ReferenceRangeDecoder {
  readonly words: bigint[];
  lower = 0n;
  range: bigint;
  point: bigint;
  readonly w: Widths;
  private readonly all: bigint;

  constructor(w: Widths, compressed: ArrayLike<number>) {
    this.w = w;
    this.all = (1n << (2n * w.W)) - 1n;
    this.range = this.all;
    this.words = Array.from(compressed, BigInt);
    this.point = (this.next() << w.W) | this.next();
  }

  private next(): bigint {
    return this.words.shift() ?? 0n;
  }

  /** The symbol, or undefined for data that no encoder writes. */
  decode(table: Table): number | undefined {
    const { W, P } = this.w;
    const scale = this.range >> P;
    const quantile = ((this.point - this.lower) & this.all) / scale;
    if (quantile >= 1n << P) return undefined;
    const { symbol, l, p } = search(table, quantile);
    this.lower = (this.lower + scale * l) & this.all;
    this.range = scale * p;
    if (this.range < 1n << W) {
      this.range <<= W;
      this.lower = (this.lower << W) & this.all;
      this.point = ((this.point << W) & this.all) | this.next();
    }
    return symbol;
  }
}

export class ReferenceChain {
  data: bigint[];
  remainders: bigint[];
  head = 1n;
  rest: bigint;
  readonly w: Widths;

  constructor(w: Widths, words: ArrayLike<number>, kind: 'remainders' | 'sealed' | 'compressed') {
    this.w = w;
    const given = Array.from(words, BigInt);
    this.data = kind === 'remainders' ? [] : given;
    this.remainders = kind === 'remainders' ? given : [];
    if (kind === 'remainders') this.head = given.pop()!;
    this.rest = kind === 'sealed' ? 1n : given.pop()!;
    while (this.rest < 1n << (w.W - w.P)) this.rest = (this.rest << w.W) | given.pop()!;
  }

  /** The symbol, or undefined when the data is used up. */
  decode(table: Table): number | undefined {
    const { W, P } = this.w;
    let word = this.head;
    if (this.head < 1n << P) {
      if (this.data.length === 0) return undefined;
      word = this.data.pop()!;
      this.head = (this.head << (W - P)) | (word >> P);
    } else this.head >>= P;
    const quantile = word & ((1n << P) - 1n);
    const { symbol, l, p } = search(table, quantile);
    this.rest = this.rest * p + (quantile - l);
    if (this.rest >= 1n << (2n * W - P)) {
      this.remainders.push(this.rest & ((1n << W) - 1n));
      this.rest >>= W;
    }
    return symbol;
  }

  encode(symbol: number, table: Table): boolean {
    const { W, P } = this.w;
    const { l, p } = interval(table, symbol);
    if (this.rest < p << (W - P)) {
      if (this.remainders.length === 0) return false;
      this.rest = (this.rest << W) | this.remainders.pop()!;
    }
    const quantile = l + (this.rest % p);
    this.rest /= p;
    if (this.head < 1n << (W - P)) this.head = (this.head << P) | quantile;
    else {
      this.data.push(((this.head << P) | quantile) & ((1n << W) - 1n));
      this.head >>= W - P;
    }
    return true;
  }

  private rests(until: bigint): bigint[] {
    const words: bigint[] = [];
    for (let x = this.rest; x > until; x >>= this.w.W) words.push(x & ((1n << this.w.W) - 1n));
    return words;
  }

  remaining(): [number[], number[]] {
    return [this.data.map(Number), [...this.remainders, ...this.rests(0n), this.head].map(Number)];
  }

  all(unseal: boolean): [number[], number[]] {
    return [this.remainders.map(Number), [...this.data, ...this.rests(unseal ? 1n : 0n)].map(Number)];
  }
}
