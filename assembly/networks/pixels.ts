// What a model sees of the pixels that it has coded already, and softmaxes that can point at neighbours. Pixels are
// bytes, one image after another; a list names pixels by image * height * width + row * width + column. All that is
// computed of a pixel depends on the pixels before it in its image and on nothing else, so that an encoder that knows
// the image and a decoder that is about to find it see the same bits.
import { exp4, loadPart, log4, storePart } from './functions';

/** From here on a grey value counts as the brightest that a stroke gets. */
const BRIGHT: i32 = 250;
/** Brightest values: 250 to 255. */
const BRIGHTEST: i32 = 6;
/** Values that are counted one by one: 1 to 249. */
const COUNTED: i32 = 249;
/** Columns on either side whose last bright pixel is looked for. */
const REACH: i32 = 3;

/** The pixel dr rows and dc columns away; 0 outside of the image. */
// @ts-ignore: decorator
@inline
function at(image: usize, width: i32, row: i32, column: i32): i32 {
  return row >= 0 && column >= 0 && column < width ? <i32>load<u8>(image + <usize>(row * width + column)) : 0;
}

// @ts-ignore: decorator
@inline
function channels(count: i32, value: i32, to: usize): usize {
  if (count == 1) {
    store<f32>(to, <f32>value);
    return to + 4;
  }
  store<f32>(to, <f32>value / 255);
  store<f32>(to, value > 0 ? 1 : 0, 4);
  if (count > 2) store<f32>(to, value >= BRIGHT ? 1 : 0, 8);
  return to + (<usize>count << 2);
}

/** Numbers that {@link windows} writes for a pixel. */
export function windowSize(up: i32, side: i32, count: i32): i32 {
  return (up * (2 * side + 1) + side) * count;
}

/**
 * The pixels of the `up` rows above, `side` columns to the left and to the right, and those to the left: each as itself
 * (1 channel), or as its share of 255, whether it is above 0, and whether it is bright (2 or 3 channels). Rows of the
 * result begin `stride` bytes apart.
 */
export function windows(
  n: usize,
  list: usize,
  pixels: usize,
  height: i32,
  width: i32,
  up: i32,
  side: i32,
  count: i32,
  to: usize,
  stride: usize,
): void {
  const size = height * width;
  for (let i: usize = 0; i < n; i++) {
    const index = load<i32>(list + (i << 2));
    const within = index % size;
    const image = pixels + <usize>(index - within);
    const row = within / width;
    const column = within - row * width;
    let out = to + i * stride;
    for (let r = row - up; r < row; r++)
      for (let c = column - side; c <= column + side; c++) out = channels(count, at(image, width, r, c), out);
    for (let c = column - side; c < column; c++) out = channels(count, at(image, width, row, c), out);
  }
}

/** One of the brightest values as six numbers, one of them 1; zeros for any other value. */
// @ts-ignore: decorator
@inline
function bright(value: i32, to: usize): usize {
  for (let i: i32 = 0; i < BRIGHTEST; i++) store<f32>(to + (<usize>i << 2), value == BRIGHT + i ? 1 : 0);
  return to + 24;
}

/** The last bright value of a column above a row, or 0. */
function lastAbove(image: usize, width: i32, row: i32, column: i32): i32 {
  if (column < 0 || column >= width) return 0;
  for (let r = row - 1; r >= 0; r--) {
    const value = <i32>load<u8>(image + <usize>(r * width + column));
    if (value >= BRIGHT) return value;
  }
  return 0;
}

/** The last bright value of a row before a column, or 0. */
function lastBefore(image: usize, width: i32, row: i32, column: i32): i32 {
  if (row < 0) return 0;
  for (let c = column - 1; c >= 0; c--) {
    const value = <i32>load<u8>(image + <usize>(row * width + c));
    if (value >= BRIGHT) return value;
  }
  return 0;
}

/** Numbers that {@link greys} writes for a pixel. */
export function greysSize(): i32 {
  return BRIGHTEST * (6 + (2 * REACH + 1) + 3 + 2) + COUNTED;
}

/**
 * What tells which grey values an image has: they come from a black-and-white original made smaller, so strokes reach
 * one of two or three brightest values, by row and column, and edges repeat a few levels. Neighbours that are among the
 * brightest, the last bright pixel of the columns near by and of the last rows, how often each bright value came before,
 * as a share and up to 8 times, and how often each other value n came in the rows above, as n / (n + 1).
 */
export function greys(
  n: usize,
  list: usize,
  pixels: usize,
  height: i32,
  width: i32,
  to: usize,
  stride: usize,
): void {
  const size = height * width;
  for (let i: usize = 0; i < n; i++) {
    const index = load<i32>(list + (i << 2));
    const within = index % size;
    const image = pixels + <usize>(index - within);
    const row = within / width;
    const column = within - row * width;
    let out = to + i * stride;
    out = bright(at(image, width, row - 1, column), out);
    out = bright(at(image, width, row, column - 1), out);
    out = bright(at(image, width, row - 1, column - 1), out);
    out = bright(at(image, width, row - 1, column + 1), out);
    out = bright(at(image, width, row - 2, column), out);
    out = bright(at(image, width, row, column - 2), out);
    for (let c = column - REACH; c <= column + REACH; c++) out = bright(lastAbove(image, width, row, c), out);
    out = bright(lastBefore(image, width, row, column), out);
    out = bright(lastBefore(image, width, row - 1, width), out);
    out = bright(lastBefore(image, width, row - 2, width), out);
    const shares = out;
    const counts = out + 4 * BRIGHTEST;
    const others = counts + 4 * BRIGHTEST;
    memory.fill(shares, 0, 4 * (2 * BRIGHTEST + COUNTED));
    let total: f32 = 0;
    const rows = image + <usize>(row * width);
    const end = image + <usize>within;
    for (let p = image; p < end; p++) {
      const value = <i32>load<u8>(p);
      if (value == 0) continue;
      if (value >= BRIGHT) {
        const slot = counts + (<usize>(value - BRIGHT) << 2);
        store<f32>(slot, load<f32>(slot) + 1);
        total += 1;
      } else if (p < rows) {
        const slot = others + (<usize>(value - 1) << 2);
        store<f32>(slot, load<f32>(slot) + 1);
      }
    }
    for (let k: usize = 0; k < 4 * BRIGHTEST; k += 4) {
      const times = load<f32>(counts + k);
      store<f32>(shares + k, times / (total + 1));
      store<f32>(counts + k, min<f32>(times, 8) / 8);
    }
    for (let k: usize = 0; k < 4 * COUNTED; k += 4) {
      const times = load<f32>(others + k);
      if (times > 0) store<f32>(others + k, times / (times + 1));
    }
  }
}

/**
 * Whether something was drawn near each pixel of the list before it: within `side` columns in the `up` rows above, or to
 * the left. One byte each.
 */
export function near(
  n: usize,
  list: usize,
  pixels: usize,
  height: i32,
  width: i32,
  up: i32,
  side: i32,
  to: usize,
): void {
  const size = height * width;
  for (let i: usize = 0; i < n; i++) {
    const index = load<i32>(list + (i << 2));
    const within = index % size;
    const image = pixels + <usize>(index - within);
    const row = within / width;
    const column = within - row * width;
    let any = 0;
    for (let r = row - up; r < row; r++)
      for (let c = column - side; c <= column + side; c++) any |= at(image, width, r, c);
    for (let c = column - side; c < column; c++) any |= at(image, width, row, c);
    store<u8>(to + i, any > 0 ? 1 : 0);
  }
}

/** The neighbours that {@link neighbours} looks at, as rows above and columns to the right. */
const UP: StaticArray<i32> = [1, 0, 1, 1, 2, 0, 2, 2, 3, 1, 1, 2, 2, 0, 4, 0];
const RIGHT: StaticArray<i32> = [0, -1, -1, 1, 0, -2, -1, 1, 0, -2, 2, -2, 2, -3, 0, -4];

/** The values of the first `count` of 16 neighbours, as integers: count for each pixel of the list. */
export function neighbours(
  n: usize,
  list: usize,
  pixels: usize,
  height: i32,
  width: i32,
  count: i32,
  to: usize,
): void {
  const size = height * width;
  for (let i: usize = 0; i < n; i++) {
    const index = load<i32>(list + (i << 2));
    const within = index % size;
    const image = pixels + <usize>(index - within);
    const row = within / width;
    const column = within - row * width;
    for (let j = 0; j < count; j++) {
      store<i32>(to, at(image, width, row - unchecked(UP[j]), column + unchecked(RIGHT[j])));
      to += 4;
    }
  }
}

/** Row i of the result is row index[i] of the table, n floats wide. */
export function pick(m: usize, n: usize, table: usize, index: usize, to: usize): void {
  const row = n << 2;
  for (let i: usize = 0; i < m; i++) memory.copy(to + i * row, table + <usize>load<u32>(index + (i << 2)) * row, row);
}

/** Adds row i of x to row index[i] of the table, in the order of i. */
export function addPicked(m: usize, n: usize, x: usize, index: usize, table: usize): void {
  const row = n << 2;
  for (let i: usize = 0; i < m; i++) {
    let to = table + <usize>load<u32>(index + (i << 2)) * row;
    let from = x + i * row;
    let j: usize = 0;
    for (; j + 4 <= n; j += 4) {
      v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
      to += 16;
      from += 16;
    }
    const rest = n & 3;
    if (rest) storePart(to, rest, f32x4.add(loadPart(to, rest), loadPart(from, rest)));
  }
}

/** Adds to row i of y, n floats wide, the rows 256 j + value[i][j] of a table, in the order of j. */
export function addValues(m: usize, n: usize, count: usize, table: usize, values: usize, y: usize): void {
  const row = n << 2;
  for (let i: usize = 0; i < m; i++) {
    for (let j: usize = 0; j < count; j++) {
      let from = table + (<usize>load<u32>(values) + (j << 8)) * row;
      values += 4;
      let k: usize = 0;
      for (; k + 4 <= n; k += 4)
        v128.store(y + (k << 2), f32x4.add(v128.load(y + (k << 2)), v128.load(from + (k << 2))));
      for (; k < n; k++) store<f32>(y + (k << 2), load<f32>(y + (k << 2)) + load<f32>(from + (k << 2)));
    }
    y += row;
  }
}

/** The gradient of {@link addValues} by the table. */
export function addToValues(m: usize, n: usize, count: usize, dy: usize, values: usize, table: usize): void {
  const row = n << 2;
  for (let i: usize = 0; i < m; i++) {
    for (let j: usize = 0; j < count; j++) {
      const to = table + (<usize>load<u32>(values) + (j << 8)) * row;
      values += 4;
      let k: usize = 0;
      for (; k + 4 <= n; k += 4)
        v128.store(to + (k << 2), f32x4.add(v128.load(to + (k << 2)), v128.load(dy + (k << 2))));
      for (; k < n; k++) store<f32>(to + (k << 2), load<f32>(to + (k << 2)) + load<f32>(dy + (k << 2)));
    }
    dy += row;
  }
}

/**
 * e^(x - the largest) of one row of `count` values and `copies` pointers, into `to`. A pointer whose source is 0 points
 * nowhere: its number is 0, and it does not count as largest.
 *
 * @returns their sum: four sums of every fourth number, added as ((0 + 1) + (2 + 3)), then the pointers' in their order.
 */
function exponentials(count: usize, copies: usize, x: usize, sources: usize, to: usize): f32 {
  let largest = f32x4.splat(-3.0e38);
  let k: usize = 0;
  for (; k + 4 <= count; k += 4) largest = f32x4.max(largest, v128.load(x + (k << 2)));
  let most = max<f32>(
    max<f32>(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max<f32>(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
  for (; k < count; k++) most = max<f32>(most, load<f32>(x + (k << 2)));
  for (let j: usize = 0; j < copies; j++)
    if (load<i32>(sources + (j << 2)) > 0) most = max<f32>(most, load<f32>(x + ((count + j) << 2)));
  const shift = f32x4.splat(most);
  const all = count + copies;
  let sum = f32x4.splat(0);
  for (k = 0; k + 4 <= count; k += 4) {
    const e = exp4(f32x4.sub(v128.load(x + (k << 2)), shift));
    v128.store(to + (k << 2), e);
    sum = f32x4.add(sum, e);
  }
  let total =
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
  for (; k < all; k++) {
    const points = k < count || load<i32>(sources + ((k - count) << 2)) > 0;
    const e = points ? f32x4.extract_lane(exp4(f32x4.sub(f32x4.splat(load<f32>(x + (k << 2))), shift)), 0) : <f32>0;
    store<f32>(to + (k << 2), e);
    total += e;
  }
  return total;
}

/**
 * -log p of the values `targets` (1 to `count`), in nats, where p is a softmax over `count` values and `copies`
 * pointers, each of which stands for the value of its source; and the derivatives by the numbers, where dx is not 0.
 *
 * @param scratch - count + copies floats.
 */
export function pointingLoss(
  m: usize,
  count: usize,
  copies: usize,
  x: usize,
  targets: usize,
  sources: usize,
  loss: usize,
  dx: usize,
  scratch: usize,
): void {
  const all = count + copies;
  for (let i: usize = 0; i < m; i++) {
    const total = exponentials(count, copies, x, sources, scratch);
    const target = load<i32>(targets + (i << 2));
    let hit = load<f32>(scratch + (<usize>(target - 1) << 2));
    for (let j: usize = 0; j < copies; j++)
      if (load<i32>(sources + (j << 2)) == target) hit += load<f32>(scratch + ((count + j) << 2));
    const logs = log4(f32x4.replace_lane(f32x4.splat(total), 1, hit));
    store<f32>(loss + (i << 2), f32x4.extract_lane(logs, 0) - f32x4.extract_lane(logs, 1));
    if (dx) {
      const share: f32 = 1 / total;
      // e^-87 and less are as good as nothing: the derivative stays finite.
      const own: f32 = 1 / max<f32>(hit, 1.0e-37);
      for (let k: usize = 0; k < all; k++) {
        const e = load<f32>(scratch + (k << 2));
        const value = k < count ? <i32>k + 1 : load<i32>(sources + ((k - count) << 2));
        store<f32>(dx + (k << 2), value == target ? e * share - e * own : e * share);
      }
      dx += all << 2;
    }
    x += all << 2;
    sources += copies << 2;
  }
}

/** What the masses of a row add up to, but for what rounding down takes and the one unit that each value gets. */
const TOTAL: f32 = 16773120;

/**
 * The same softmaxes as whole numbers: for each row count + 1 sums, the masses of the values before it, the last one the
 * total, which is at most 2^24.
 *
 * @param scratch - count + copies floats.
 */
export function pointingMasses(
  m: usize,
  count: usize,
  copies: usize,
  x: usize,
  sources: usize,
  to: usize,
  scratch: usize,
): void {
  for (let i: usize = 0; i < m; i++) {
    const total = exponentials(count, copies, x, sources, scratch);
    for (let j: usize = 0; j < copies; j++) {
      const source = load<i32>(sources + (j << 2));
      if (source <= 0) continue;
      const slot = scratch + (<usize>(source - 1) << 2);
      store<f32>(slot, load<f32>(slot) + load<f32>(scratch + ((count + j) << 2)));
    }
    let sum: u32 = 0;
    for (let k: usize = 0; k < count; k++) {
      store<u32>(to, sum);
      to += 4;
      // Whatever the numbers were, every value keeps a mass, and the sum its bound.
      const v = f32x4.splat((load<f32>(scratch + (k << 2)) / total) * TOTAL);
      const room = 16777216 - <u32>(count - k) - sum;
      sum += min<u32>(<u32>i32x4.extract_lane(i32x4.trunc_sat_f32x4_u(v), 0), room) + 1;
    }
    store<u32>(to, sum);
    to += 4;
    x += (count + copies) << 2;
    sources += copies << 2;
  }
}
