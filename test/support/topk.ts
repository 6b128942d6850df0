/**
 * The order of torch.topk(k, largest=False, sorted=True) on a processor, ties and all: std::partial_sort where 64 k <= n,
 * else std::nth_element and std::sort of the first k - 1, each as libstdc++ has it. None of them is stable, so which of
 * equal values comes first is the doing of their swaps, which are repeated here.
 */

type Less = (a: number, b: number) => boolean;

/** Places of the k smallest values, in torch's order. */
export function torchTopK(values: ArrayLike<number>, k: number): Uint32Array {
  const n = values.length;
  const items = Uint32Array.from({ length: n }, (_, i) => i);
  const sorter = new Sorter(items, (a, b) => values[a] < values[b]);
  if (k === 0) return items.slice(0, 0);
  if (k * 64 <= n) {
    sorter.partialSort(0, k, n);
  } else {
    sorter.nthElement(0, k - 1, n);
    sorter.sort(0, k - 1);
  }
  return items.slice(0, k);
}

const depthLimit = (n: number) => 2 * (31 - Math.clz32(n));

class Sorter {
  private readonly a: Uint32Array;
  private readonly less: Less;

  constructor(a: Uint32Array, less: Less) {
    this.a = a;
    this.less = less;
  }

  partialSort(first: number, middle: number, last: number): void {
    this.heapSelect(first, middle, last);
    for (let end = middle; end - first > 1; ) {
      end--;
      this.popHeap(first, end, end);
    }
  }

  nthElement(first: number, nth: number, last: number): void {
    if (first === last || nth === last) return;
    for (let depth = depthLimit(last - first); last - first > 3; depth--) {
      if (depth === 0) {
        this.heapSelect(first, nth + 1, last);
        this.swap(first, nth);
        return;
      }
      const cut = this.partition(first, last);
      if (cut <= nth) first = cut;
      else last = cut;
    }
    this.insertionSort(first, last);
  }

  sort(first: number, last: number): void {
    if (first === last) return;
    this.introsort(first, last, depthLimit(last - first));
    const sorted = Math.min(first + 16, last);
    this.insertionSort(first, sorted);
    for (let i = sorted; i < last; i++) this.insert(i);
  }

  private introsort(first: number, last: number, depth: number): void {
    for (; last - first > 16; ) {
      if (depth === 0) {
        this.partialSort(first, last, last);
        return;
      }
      depth--;
      const cut = this.partition(first, last);
      this.introsort(cut, last, depth);
      last = cut;
    }
  }

  private swap(i: number, j: number): void {
    const { a } = this;
    [a[i], a[j]] = [a[j], a[i]];
  }

  /** Around the median of the second, the middle and the last item, which goes to the front. */
  private partition(first: number, last: number): number {
    const { a, less } = this;
    const [x, y, z] = [first + 1, first + ((last - first) >> 1), last - 1];
    let median: number;
    if (less(a[x], a[y])) median = less(a[y], a[z]) ? y : less(a[x], a[z]) ? z : x;
    else median = less(a[x], a[z]) ? x : less(a[y], a[z]) ? z : y;
    this.swap(first, median);
    let left = first + 1;
    for (let right = last; ; left++) {
      while (less(a[left], a[first])) left++;
      right--;
      while (less(a[first], a[right])) right--;
      if (left >= right) return left;
      this.swap(left, right);
    }
  }

  private insertionSort(first: number, last: number): void {
    const { a, less } = this;
    for (let i = first + 1; i < last; i++) {
      if (less(a[i], a[first])) {
        const value = a[i];
        a.copyWithin(first + 1, first, i);
        a[first] = value;
      } else {
        this.insert(i);
      }
    }
  }

  private insert(at: number): void {
    const { a, less } = this;
    const value = a[at];
    for (; less(value, a[at - 1]); at--) a[at] = a[at - 1];
    a[at] = value;
  }

  private heapSelect(first: number, middle: number, last: number): void {
    const { a, less } = this;
    const n = middle - first;
    if (n >= 2) for (let parent = (n - 2) >> 1; parent >= 0; parent--) this.adjust(first, parent, n, a[first + parent]);
    for (let i = middle; i < last; i++) if (less(a[i], a[first])) this.popHeap(first, middle, i);
  }

  private popHeap(first: number, last: number, result: number): void {
    const { a } = this;
    const value = a[result];
    a[result] = a[first];
    this.adjust(first, 0, last - first, value);
  }

  private adjust(first: number, hole: number, n: number, value: number): void {
    const { a, less } = this;
    const top = hole;
    let child = hole;
    while (child < (n - 1) >> 1) {
      child = 2 * (child + 1);
      if (less(a[first + child], a[first + child - 1])) child--;
      a[first + hole] = a[first + child];
      hole = child;
    }
    if (n % 2 === 0 && child === (n - 2) >> 1) {
      child = 2 * (child + 1);
      a[first + hole] = a[first + child - 1];
      hole = child - 1;
    }
    for (let parent = (hole - 1) >> 1; hole > top && less(a[first + parent], value); parent = (hole - 1) >> 1) {
      a[first + hole] = a[first + parent];
      hole = parent;
    }
    a[first + hole] = value;
  }
}
