// Blocks of floats that move: pixels of images, rows of tables. Pointers and strides are in bytes, counts in floats.

// @ts-ignore: decorator
@inline
function copyRun(n: usize, from: usize, to: usize): void {
  const end = from + ((n & ~3) << 2);
  const last = from + (n << 2);
  while (from < end) {
    v128.store(to, v128.load(from));
    from += 16;
    to += 16;
  }
  while (from < last) {
    store<f32>(to, load<f32>(from));
    from += 4;
    to += 4;
  }
}

// @ts-ignore: decorator
@inline
function addRun(n: usize, from: usize, factor: f32, to: usize): void {
  const f = f32x4.splat(factor);
  const end = from + ((n & ~3) << 2);
  const last = from + (n << 2);
  while (from < end) {
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(from), f)));
    from += 16;
    to += 16;
  }
  while (from < last) {
    store<f32>(to, load<f32>(to) + load<f32>(from) * factor);
    from += 4;
    to += 4;
  }
}

/** Copies `lines` times m runs of n floats between places whose lines and runs begin so many bytes apart. */
export function copyBlocks(
  lines: usize,
  m: usize,
  n: usize,
  from: usize,
  fromLine: usize,
  fromRun: usize,
  to: usize,
  toLine: usize,
  toRun: usize,
): void {
  for (let i: usize = 0; i < lines; i++)
    for (let j: usize = 0; j < m; j++)
      copyRun(n, from + i * fromLine + j * fromRun, to + i * toLine + j * toRun);
}

/** {@link copyBlocks}, where what is there grows by what comes, times a factor. */
export function addBlocks(
  lines: usize,
  m: usize,
  n: usize,
  from: usize,
  fromLine: usize,
  fromRun: usize,
  factor: f32,
  to: usize,
  toLine: usize,
  toRun: usize,
): void {
  for (let i: usize = 0; i < lines; i++)
    for (let j: usize = 0; j < m; j++)
      addRun(n, from + i * fromLine + j * fromRun, factor, to + i * toLine + j * toRun);
}

/** y[i] = row indices[i] of a table of rows of n floats. */
export function gatherRows(m: usize, n: usize, table: usize, indices: usize, y: usize): void {
  for (let i: usize = 0; i < m; i++) {
    copyRun(n, table + ((<usize>load<u32>(indices + (i << 2)) * n) << 2), y);
    y += n << 2;
  }
}

/** Row indices[i] of a table += dy[i], in the order of i. */
export function addToTable(m: usize, n: usize, dy: usize, indices: usize, table: usize): void {
  for (let i: usize = 0; i < m; i++) {
    addRun(n, dy, 1, table + ((<usize>load<u32>(indices + (i << 2)) * n) << 2));
    dy += n << 2;
  }
}
