/**
 * Ordered partitions of a graph's vertices and their refinement until every two vertices of a cell have as many edges to
 * each cell. What happens depends on the graph up to isomorphism alone, and can be undone.
 * (McKay, "Practical graph isomorphism", Congressus Numerantium 30, 1981.)
 */
import type { Graph } from './graph.ts';
import { mix } from './refinement.ts';

/** A graph's edges as arcs from both of their ends, each with a type: label and direction. Loops are apart. */
export class Arcs {
  readonly offsets: Uint32Array;
  /** Ascending at each vertex, types second. */
  readonly neighbours: Uint32Array;
  readonly types: Uint32Array;
  /** What tells vertices apart by themselves: ranks of their labels and loops. */
  readonly kinds: Uint32Array;

  /** The arcs of a graph. */
  constructor(graph: Graph) {
    const { vertices, directed, sources, edgeLabels, vertexLabels } = graph;
    const { offsets, neighbours, edges } = graph.adjacency();
    const labels = ranksOf(edgeLabels ?? new Uint32Array(sources.length));
    const kinds = new Float64Array(vertices);
    const names = ranksOf(vertexLabels ?? new Uint32Array(vertices));
    for (let v = 0; v < vertices; v++) kinds[v] = names[v] * (sources.length + 1);
    this.offsets = new Uint32Array(vertices + 1);
    this.neighbours = new Uint32Array(neighbours.length);
    this.types = new Uint32Array(neighbours.length);
    let at = 0;
    for (let v = 0; v < vertices; v++) {
      const order: number[] = [];
      const type = (i: number): number =>
        directed ? 2 * labels[edges[i]] + (sources[edges[i]] === v ? 0 : 1) : labels[edges[i]];
      for (let i = offsets[v]; i < offsets[v + 1]; i++)
        if (neighbours[i] === v) kinds[v] += labels[edges[i]] + 1;
        else order.push(i);
      order.sort((i, j) => neighbours[i] - neighbours[j] || type(i) - type(j));
      for (const i of order) {
        this.neighbours[at] = neighbours[i];
        this.types[at++] = type(i);
      }
      this.offsets[v + 1] = at;
    }
    this.kinds = ranksOf(kinds);
  }

  /** Whether there is an arc of this type. */
  has(from: number, to: number, type: number): boolean {
    const { neighbours, types } = this;
    let low = this.offsets[from];
    let high = this.offsets[from + 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (neighbours[middle] < to || (neighbours[middle] === to && types[middle] < type)) low = middle + 1;
      else high = middle;
    }
    return low < this.offsets[from + 1] && neighbours[low] === to && types[low] === type;
  }

  /** Whether a permutation, of which these are the points that it moves, is an automorphism. */
  isAutomorphism(moved: ArrayLike<number>, image: (v: number) => number): boolean {
    const { offsets, neighbours, types, kinds } = this;
    for (let i = 0; i < moved.length; i++) {
      const v = moved[i];
      const w = image(v);
      if (kinds[v] !== kinds[w] || offsets[v + 1] - offsets[v] !== offsets[w + 1] - offsets[w]) return false;
      for (let at = offsets[v]; at < offsets[v + 1]; at++)
        if (!this.has(w, image(neighbours[at]), types[at])) return false;
    }
    return true;
  }
}

/** The rank of each value among the different ones. */
function ranksOf(values: Uint32Array | Float64Array): Uint32Array {
  const rank = new Map([...new Set(values)].sort((a, b) => a - b).map((value, i) => [value, i]));
  return Uint32Array.from(values, (value) => rank.get(value)!);
}

/** An ordered partition. A cell is named by the place where it starts. */
export class Partition {
  /** Vertices, cell by cell. */
  readonly elements: Uint32Array;
  /** Where each vertex is among them. */
  readonly places: Uint32Array;
  /** The cell of each vertex. */
  readonly cells: Uint32Array;
  /** How many vertices a cell has. */
  readonly sizes: Uint32Array;
  /** Number of cells. */
  count = 0;
  /** Arcs looked at so far, by which effort is measured. */
  work = 0;
  /** What the last refinement saw: different numbers mean different up to isomorphism. */
  trace = 0;
  private readonly arcs: Arcs;
  private readonly weights: Uint32Array;
  private readonly sums: Uint32Array;
  private readonly seen: Uint8Array;
  private readonly touched: Uint32Array;
  private readonly queued: Uint8Array;
  private queue: number[] = [];
  private readonly log: number[] = [];

  /** The partition by kinds, refined. */
  constructor(arcs: Arcs) {
    const n = arcs.kinds.length;
    this.arcs = arcs;
    this.weights = arcs.types.map((type) => mix(type + 0x632be5ab));
    this.elements = Uint32Array.from({ length: n }, (_, v) => v).sort((a, b) => arcs.kinds[a] - arcs.kinds[b] || a - b);
    this.places = new Uint32Array(n);
    this.cells = new Uint32Array(n);
    this.sizes = new Uint32Array(n);
    this.sums = new Uint32Array(n);
    this.seen = new Uint8Array(n);
    this.touched = new Uint32Array(n);
    this.queued = new Uint8Array(n);
    let start = 0;
    for (let i = 0; i < n; i++) {
      const v = this.elements[i];
      if (i === 0 || arcs.kinds[v] !== arcs.kinds[this.elements[i - 1]]) {
        start = i;
        this.count++;
        this.enqueue(i);
      }
      this.places[v] = i;
      this.cells[v] = start;
      this.sizes[start]++;
    }
    this.refine();
  }

  /** What {@link undo} goes back to. */
  mark(): number {
    return this.log.length;
  }

  /** Puts cells together again that were split since the mark was taken. */
  undo(mark: number): void {
    const { log, sizes, cells, elements } = this;
    while (log.length > mark) {
      const cell = log.pop()!;
      const parent = log.pop()!;
      for (let i = cell; i < cell + sizes[cell]; i++) cells[elements[i]] = parent;
      sizes[parent] += sizes[cell];
      sizes[cell] = 0;
      this.count--;
    }
  }

  /** The first cell from a place on that has more than one vertex, or -1. */
  open(from: number): number {
    const { sizes } = this;
    for (let at = from; at < sizes.length; at += sizes[at], this.work++) if (sizes[at] > 1) return at;
    return -1;
  }

  /** Makes a vertex a cell of its own, before the others of its cell, and refines. */
  individualise(v: number): void {
    const start = this.cells[v];
    this.swap(this.places[v], start);
    this.split(start, start + 1);
    this.enqueue(start);
    this.refine();
  }

  private swap(i: number, j: number): void {
    const { elements, places } = this;
    const a = elements[i];
    const b = elements[j];
    elements[i] = b;
    elements[j] = a;
    places[a] = j;
    places[b] = i;
  }

  /** Splits a cell at a place. */
  private split(cell: number, at: number): void {
    const { sizes, cells, elements } = this;
    const end = cell + sizes[cell];
    sizes[cell] = at - cell;
    sizes[at] = end - at;
    for (let i = at; i < end; i++) cells[elements[i]] = at;
    this.log.push(cell, at);
    this.count++;
  }

  private enqueue(cell: number): void {
    if (this.queued[cell] === 1) return;
    this.queued[cell] = 1;
    this.queue.push(cell);
  }

  private refine(): void {
    const { elements, cells, sizes, sums, seen, arcs, weights, queued, places } = this;
    const { offsets, neighbours } = arcs;
    let trace = 0x2f0b4c47;
    for (let head = 0; head < this.queue.length; head++) {
      const splitter = this.queue[head];
      queued[splitter] = 0;
      if (this.count === elements.length) continue;
      const touchedCells: number[] = [];
      const end = splitter + sizes[splitter];
      let reached = 0;
      const list = this.touched;
      for (let i = splitter; i < end; i++) {
        const v = elements[i];
        for (let at = offsets[v]; at < offsets[v + 1]; at++) {
          const w = neighbours[at];
          if (seen[w] === 0) {
            seen[w] = 1;
            sums[w] = 0;
            list[reached++] = w;
          }
          sums[w] += weights[at];
        }
        this.work += offsets[v + 1] - offsets[v] + 1;
      }
      // Those reached go to the ends of their cells.
      const tails = new Map<number, number>();
      for (let i = 0; i < reached; i++) {
        const w = list[i];
        seen[w] = 0;
        const cell = cells[w];
        const tail = tails.get(cell) ?? 0;
        if (tail === 0) touchedCells.push(cell);
        tails.set(cell, tail + 1);
        if (sizes[cell] > 1) this.swap(places[w], cell + sizes[cell] - 1 - tail);
      }
      touchedCells.sort((a, b) => a - b);
      trace = mix(trace + splitter);
      for (const cell of touchedCells) {
        const tail = tails.get(cell)!;
        trace = this.divide(cell, tail, trace);
      }
    }
    this.queue = [];
    this.trace = mix(trace + this.count) >>> 0;
  }

  /** Splits a cell of which the last `tail` vertices were reached, by what reached them. */
  private divide(cell: number, tail: number, seen: number): number {
    const { elements, sums, sizes, queued, places } = this;
    const end = cell + sizes[cell];
    const from = end - tail;
    let trace = mix(seen + cell);
    if (tail > 1) {
      const sorted = elements.subarray(from, end).sort((a, b) => sums[a] - sums[b] || a - b);
      for (let i = 0; i < tail; i++) places[sorted[i]] = from + i;
    }
    const starts: number[] = from > cell ? [cell] : [];
    for (let i = from; i < end; i++)
      if (i === from || sums[elements[i]] !== sums[elements[i - 1]]) {
        starts.push(i);
        trace = mix(mix(trace + i) ^ sums[elements[i]]);
      }
    if (starts.length === 1) return trace;
    const wasQueued = queued[cell] === 1;
    let last = cell;
    for (let i = 1; i < starts.length; i++) {
      this.split(last, starts[i]);
      last = starts[i];
    }
    // All parts but one tell as much as all, when the whole has been looked at before.
    let largest = starts[0];
    for (const start of starts) if (sizes[start] > sizes[largest]) largest = start;
    for (const start of starts) if (wasQueued || start !== largest) this.enqueue(start);
    return trace;
  }
}
