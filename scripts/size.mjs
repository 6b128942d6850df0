// Size budgets: bundles what a page would load, minified, and holds the gzipped size against .size-limit.json.
// The kernels of the coders and models have a budget of their own, in bytes of WASM.
// `npm run size`; ends in a line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kernels } from './kernels.mjs';
import { setup } from './setup.mjs';

setup();
const { rolldown } = await import('rolldown');
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, '.cache/size');

/** What a page imports, by the name of the budget's file. */
const uses = {
  both: `export { compress, decompress } from '../../dist/index.js';`,
  decompress: `export { decompress } from '../../dist/index.js';`,
  worker: `export { WorkerPool } from '../../dist/worker.js';`,
  errors: `export * from '../../dist/errors.js';`,
  ans: `export * from '../../dist/coders/ans.js';`,
  range: `export * from '../../dist/coders/range.js';`,
  bitsback: `export { bitsBack } from '../../dist/codecs/bits-back.js';`,
  stack: `export { bitsBack } from '../../dist/codecs/bits-back.js';
    export { BitStack } from '../../dist/codecs/stack.js';
    export { fromModel } from '../../dist/codecs/models.js';`,
  model: `export * from '../../dist/models/categorical.js';`,
  gaussian: `export { AnsCoder } from '../../dist/coders/ans.js';
    export { Categorical } from '../../dist/models/categorical.js';
    export { QuantizedGaussian } from '../../dist/models/quantized.js';`,
};

/** Bytes of WASM that the coders and models may have together: a kernel counts unless it is named here. */
const wasmLimit = 60_000;
const otherKernels = [
  'ctw',
  'deflate',
  'deflate_encode',
  'math',
  'markov',
  'networks',
  'online',
  'online_bits',
  'ppm',
  'lzma',
];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const [name, code] of Object.entries(uses)) {
  const input = join(out, `${name}.entry.js`);
  writeFileSync(input, code);
  const build = await rolldown({ input, platform: 'browser', external: [/^node:/], cwd: root, logLevel: 'silent' });
  await build.write({ file: join(out, `${name}.js`), format: 'esm', minify: true, codeSplitting: false });
  await build.close();
}
const budgets = JSON.parse(readFileSync(join(root, '.size-limit.json'), 'utf8'));
const program = join(root, 'node_modules/size-limit/bin.js');
const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--json'], { cwd: root, encoding: 'utf8' });
if (!stdout.trim().startsWith('[')) {
  console.log(`${stdout}${stderr}\n0 passed, ${budgets.length} failed`);
  process.exit(1);
}
const results = JSON.parse(stdout);
for (const { name, size, passed } of results)
  console.log(
    `${passed ? 'ok' : 'FAILED'}: ${name}: ${(size / 1000).toFixed(1)} kB gzipped, of ${budgets.find((b) => b.name === name).limit}`,
  );
const counted = kernels.filter(({ name }) => !otherKernels.includes(name));
const bytes = counted.map(({ name }) => {
  const text = readFileSync(join(root, 'src/kernels/generated', `${name}.ts`), 'utf8');
  return Number(/^export const bytes = (\d+);$/m.exec(text)[1]);
});
const wasm = bytes.reduce((a, b) => a + b, 0);
const parts = counted.map(({ name }, i) => `${name} ${bytes[i]}`).join(', ');
console.log(
  `${wasm < wasmLimit ? 'ok' : 'FAILED'}: kernels of coders and models: ${wasm} bytes of WASM (${parts}), of ${wasmLimit}`,
);
const failed = results.filter(({ passed }) => !passed).length + (wasm < wasmLimit ? 0 : 1);
console.log(`${results.length + 1 - failed} passed, ${failed} failed`);
process.exit(status || (failed > 0 ? 1 : 0));
