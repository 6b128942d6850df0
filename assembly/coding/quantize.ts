// Tables of cumulative frequencies: of a family with its parameters, and of given probabilities with the least loss.
//
// The host gives the instance enough memory and writes at scratch(); static data lies below it.

import { familyInterval, left } from './families';
import { log1p } from './libm';

export function scratch(): usize {
  return (__heap_base + 15) & ~15;
}

/**
 * Writes the table of a family at scratch(): max - min + 2 numbers. Returns 0, or the place (from 1) of the first
 * symbol that has no interval.
 */
export function fillTable(kind: u32, min: i32, max: i32, bits: u32, a: f64, b: f64): u32 {
  let at = scratch();
  for (let symbol = min; ; symbol++) {
    if (!familyInterval(kind, symbol, min, max, bits, a, b)) return <u32>(symbol - min) + 1;
    store<u32>(at, left);
    at += 4;
    if (symbol == max) break;
  }
  store<u32>(at, 1 << bits);
  return 0;
}

// Places of n entries each: the probabilities, what one unit more would win, what one less would lose, the units,
// and the order, with room to sort it.
let wins: usize = 0;
let losses: usize = 0;
let weights: usize = 0;
let order: usize = 0;
let spare: usize = 0;

// @ts-ignore: decorator
@inline
function numberAt(base: usize, i: u32): f64 {
  return load<f64>(base + (<usize>i << 3));
}

// @ts-ignore: decorator
@inline
function wholeAt(base: usize, i: u32): u32 {
  return load<u32>(base + (<usize>i << 2));
}

// @ts-ignore: decorator
@inline
function setNumber(base: usize, i: u32, x: f64): void {
  store<f64>(base + (<usize>i << 3), x);
}

// @ts-ignore: decorator
@inline
function setWhole(base: usize, i: u32, x: u32): void {
  store<u32>(base + (<usize>i << 2), x);
}

function setWin(i: u32): void {
  setNumber(wins, i, numberAt(scratch(), i) * log1p(1.0 / <f64>wholeAt(weights, i)));
}

function setLoss(i: u32): void {
  const weight = wholeAt(weights, i);
  setNumber(losses, i, weight == 1 ? Infinity : -numberAt(scratch(), i) * log1p(-1.0 / <f64>weight));
}

/** Sorts the order by what is won, largest first; equals keep their order. */
function sortByWin(n: u32): void {
  for (let width: u32 = 1; width < n; width <<= 1) {
    for (let start: u32 = 0; start < n; start += width << 1) {
      const middle = start + width < n ? start + width : n;
      const end = middle + width < n ? middle + width : n;
      let i = start;
      let j = middle;
      for (let k = start; k < end; k++) {
        const first =
          j == end || (i < middle && numberAt(wins, wholeAt(order, i)) >= numberAt(wins, wholeAt(order, j)));
        setWhole(spare, k, wholeAt(order, first ? i++ : j++));
      }
    }
    const swap = order;
    order = spare;
    spare = swap;
  }
}

/**
 * Turns n probabilities (f64, at scratch(), which the host has validated) into units that sum to 2^bits, at least one
 * each, with the least cross entropy: units in proportion, the rest to those who win most, then trades of single units
 * for as long as the buyer wins more than the seller loses. Returns where the n + 1 cumulative frequencies are.
 */
export function quantizePerfectly(n: u32, bits: u32): usize {
  const probabilities = scratch();
  wins = probabilities + (<usize>n << 3);
  losses = wins + (<usize>n << 3);
  weights = losses + (<usize>n << 3);
  order = weights + (<usize>(n + 2) << 2);
  // Four at least, which is what the smallest tournaments take of either.
  spare = order + (<usize>(n < 4 ? 4 : n) << 2);

  let sum: f64 = 0.0;
  for (let i: u32 = 0; i < n; i++) sum += numberAt(probabilities, i);
  let free = <i32>((1 << bits) - n);
  const scale = <f64>free / sum;
  for (let i: u32 = 0; i < n; i++) {
    const units = <u32>(numberAt(probabilities, i) * scale);
    free -= <i32>units;
    setWhole(weights, i, units + 1);
    setWhole(order, i, i);
    setWin(i);
    setLoss(i);
  }
  while (free > 0) {
    sortByWin(n);
    const batch = <u32>free < n ? <u32>free : n;
    for (let k: u32 = 0; k < batch; k++) {
      const i = wholeAt(order, k);
      setWhole(weights, i, wholeAt(weights, i) + 1);
      setWin(i);
      setLoss(i);
    }
    free -= <i32>batch;
  }
  // Rounding up can give out a unit too many (the original fails then): who loses least gives it back.
  for (; free < 0; free++) {
    let least = wholeAt(order, 0);
    for (let k: u32 = 1; k < n; k++) {
      const i = wholeAt(order, k);
      if (numberAt(losses, i) < numberAt(losses, least)) least = i;
    }
    setWhole(weights, least, wholeAt(weights, least) - 1);
    setWin(least);
    setLoss(least);
  }
  trade(n);

  // In place: weight i becomes the left end of symbol i.
  let total: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const weight = wholeAt(weights, i);
    setWhole(weights, i, total);
    total += weight;
  }
  setWhole(weights, n, total);
  return weights;
}

/** Places of the order that a leaf of a tournament stands for: so large that both trees fit into the room to sort. */
const LEAF: u32 = 16;

/** The better of two places: the later of equal wins, or the earlier of equal losses, as the original finds them. */
// @ts-ignore: decorator
@inline
function better(buying: bool, k: u32, l: u32): u32 {
  const i = wholeAt(order, k);
  const j = wholeAt(order, l);
  if (buying) return numberAt(wins, j) >= numberAt(wins, i) ? l : k;
  return numberAt(losses, j) < numberAt(losses, i) ? l : k;
}

/** Plays the leaf of place `k` again, and what follows from it in the tree at `tree` of `leaves` leaves. */
function replay(buying: bool, tree: usize, leaves: u32, k: u32, n: u32): void {
  const first = k & ~(LEAF - 1);
  const end = first + LEAF < n ? first + LEAF : n;
  let best = first;
  for (let l = first + 1; l < end; l++) best = better(buying, best, l);
  let node = leaves + k / LEAF;
  setWhole(tree, node, best);
  while (node > 1) {
    node >>= 1;
    const left = wholeAt(tree, node << 1);
    const right = wholeAt(tree, (node << 1) + 1);
    // Leaves that nobody sits at are at the end, and say so by a place that there is not.
    setWhole(tree, node, right >= n ? left : better(buying, left, right));
  }
}

/**
 * Single units change hands. Who has bought never sells and who has sold never buys, so that it ends. Two tournaments,
 * whose node 1 is the winner and whose node i has the children 2 i and 2 i + 1, know who is next.
 */
function trade(n: u32): void {
  let leaves: u32 = 1;
  while (leaves * LEAF < n) leaves <<= 1;
  const buyers = spare;
  const sellers = spare + (<usize>leaves << 3);
  for (let node: u32 = 0; node < leaves << 1; node++) {
    setWhole(buyers, node, n);
    setWhole(sellers, node, n);
  }
  for (let k: u32 = 0; k < n; k += LEAF) {
    replay(true, buyers, leaves, k, n);
    replay(false, sellers, leaves, k, n);
  }
  while (true) {
    const bought = wholeAt(buyers, 1);
    const sold = wholeAt(sellers, 1);
    const buyer = wholeAt(order, bought);
    const seller = wholeAt(order, sold);
    if (buyer == seller || numberAt(wins, buyer) <= numberAt(losses, seller)) return;
    setWhole(weights, seller, wholeAt(weights, seller) - 1);
    setNumber(wins, seller, -Infinity);
    setLoss(seller);
    setWhole(weights, buyer, wholeAt(weights, buyer) + 1);
    setNumber(losses, buyer, Infinity);
    setWin(buyer);
    replay(true, buyers, leaves, bought, n);
    replay(true, buyers, leaves, sold, n);
    replay(false, sellers, leaves, bought, n);
    replay(false, sellers, leaves, sold, n);
  }
}
