import { expect, test } from 'vitest';
import { compressSync } from '../src/index.ts';
import { WorkerPool } from '../src/worker.ts';
import { textBytes } from './support/random.ts';

// Node's threads are tested on the built package, in worker.node.test.ts.
test.skipIf(typeof Worker === 'undefined')('web workers give the same archives as the page', async () => {
  const pool = new WorkerPool({ threads: 2 });
  const bytes = textBytes(140_000, 1);
  const options = { segmentSize: 65_536 };
  const archive = await pool.compress(bytes, options);
  expect(archive).toEqual(compressSync(bytes, options));
  expect(await pool.decompress(archive)).toEqual(bytes);
  archive[500] ^= 1;
  await expect(pool.decompress(archive)).rejects.toMatchObject({ name: 'SurprisalError', code: 'corrupt' });
  const job = pool.compress(textBytes(3_000_000, 2));
  setTimeout(() => void pool.terminate(), 50);
  await expect(job).rejects.toMatchObject({ code: 'worker' });
});
