/** Dictionaries of strings that grow at their leaves, for the Lempel-Ziv codes of 1978 and after. */

/** Nodes by number, with undo: the newest go first. A node knows its parent, and the symbol that leads to it. */
export class Trie {
  /** Number of nodes. Roots are nodes with parent -1. */
  size = 0;
  private parents = new Int32Array(256);
  private symbols = new Uint16Array(256);
  /** First child of each node and next child of its parent, -1 for none. The newest comes first. */
  private firsts = new Int32Array(256);
  private nexts = new Int32Array(256);
  /**
   * Children by parent and symbol: node + 1, and 0 for an empty slot; open addressing. Nodes enter by number, so that
   * the newest can be taken out by clearing its slot.
   */
  private slots = new Int32Array(1024);

  /** Adds a root, and returns its number. */
  addRoot(): number {
    return this.append(-1, 0);
  }

  /** Adds a child that is not there, and returns its number. */
  add(parent: number, symbol: number): number {
    const node = this.append(parent, symbol);
    this.nexts[node] = this.firsts[parent];
    this.firsts[parent] = node;
    if (node * 2 > this.slots.length) {
      this.slots = new Int32Array(this.slots.length * 2);
      for (let n = 0; n < node; n++)
        if (this.parents[n] >= 0) this.slots[this.slotOf(this.parents[n], this.symbols[n])] = n + 1;
    }
    this.slots[this.slotOf(parent, symbol)] = node + 1;
    return node;
  }

  /** The child that a symbol leads to, -1 when there is none. */
  find(parent: number, symbol: number): number {
    return this.slots[this.slotOf(parent, symbol)] - 1;
  }

  /** Newest child of a node, -1 when it has none. */
  firstChild(node: number): number {
    return this.firsts[node];
  }

  /** The child of the same parent that came before, -1 when there is none. */
  nextChild(node: number): number {
    return this.nexts[node];
  }

  /** The node that a node is a child of, -1 for a root. */
  parentOf(node: number): number {
    return this.parents[node];
  }

  /** The symbol that leads to a node. */
  symbolOf(node: number): number {
    return this.symbols[node];
  }

  /** Takes nodes away until there are `size`. */
  cut(size: number): void {
    for (let node = this.size - 1; node >= size; node--) {
      const parent = this.parents[node];
      if (parent < 0) continue;
      this.firsts[parent] = this.nexts[node];
      this.slots[this.slotOf(parent, this.symbols[node])] = 0;
    }
    this.size = size;
  }

  /** Takes all nodes away. */
  clear(): void {
    this.size = 0;
    this.slots.fill(0);
  }

  private append(parent: number, symbol: number): number {
    const node = this.size++;
    if (node === this.parents.length) {
      const size = node * 2;
      this.parents = grown(this.parents, new Int32Array(size));
      this.symbols = grown(this.symbols, new Uint16Array(size));
      this.firsts = grown(this.firsts, new Int32Array(size));
      this.nexts = grown(this.nexts, new Int32Array(size));
    }
    this.parents[node] = parent;
    this.symbols[node] = symbol;
    this.firsts[node] = -1;
    this.nexts[node] = -1;
    return node;
  }

  /** The slot where a child stands, or would. */
  private slotOf(parent: number, symbol: number): number {
    const { slots, parents, symbols } = this;
    const mask = slots.length - 1;
    const hash = Math.imul(Math.imul(parent, 0x9e3779b1) + symbol, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const node = slots[slot] - 1;
      if (node < 0 || (parents[node] === parent && symbols[node] === symbol)) return slot;
      slot = (slot + 1) & mask;
    }
  }
}

function grown<T extends Int32Array | Uint16Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** For lengths after every symbol: which of them lead on from a node. */
export class Children {
  private readonly stamps: Uint32Array;
  private stamp = 0;

  /** @param alphabetSize - Number of symbols. */
  constructor(alphabetSize: number) {
    this.stamps = new Uint32Array(alphabetSize);
  }

  /** Looks at the children of a node, or at none for a node below 0. */
  of(trie: Trie, node: number): void {
    if (++this.stamp > 0xffffffff) {
      this.stamps.fill(0);
      this.stamp = 1;
    }
    if (node < 0) return;
    for (let child = trie.firstChild(node); child >= 0; child = trie.nextChild(child))
      this.stamps[trie.symbolOf(child)] = this.stamp;
  }

  /** Whether a symbol leads to a child of the node looked at. */
  has(symbol: number): boolean {
    return this.stamps[symbol] === this.stamp;
  }
}
