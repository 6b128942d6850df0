// Compiles every AssemblyScript kernel of assembly/ to WASM and writes it, in hexadecimal digits in a TypeScript module, to
// src/kernels/generated/. One process compiles them all: starting the compiler costs more than running it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const generated = join(root, 'src/kernels/generated');

/**
 * One entry a built module. Constants become compile-time integers of the source (`JOURNAL` builds the same kernel
 * with and without its undo log). Each module has a memory of its own, imported so that the host states its limit.
 */
export const kernels = [
  { name: 'math', entry: 'assembly/math/index.ts', constants: {} },
  { name: 'tabled', entry: 'assembly/coding/tabled.ts', constants: {} },
  { name: 'coding', entry: 'assembly/coding/index.ts', constants: {} },
  { name: 'interleaved', entry: 'assembly/interleaved/index.ts', constants: {} },
  { name: 'markov', entry: 'assembly/markov/index.ts', constants: {} },
  { name: 'networks', entry: 'assembly/networks/index.ts', constants: {} },
  { name: 'ctw', entry: 'assembly/ctw/index.ts', constants: {} },
  { name: 'online', entry: 'assembly/online/index.ts', constants: { JOURNAL: 0 } },
  { name: 'ppm', entry: 'assembly/ppm/index.ts', constants: {} },
  { name: 'deflate', entry: 'assembly/deflate/index.ts', constants: { ENCODE: 0 } },
  { name: 'deflate_encode', entry: 'assembly/deflate/encode.ts', constants: { ENCODE: 1 } },
  { name: 'lzma', entry: 'assembly/lzma/index.ts', constants: {} },
  { name: 'online_bits', entry: 'assembly/online/bits.ts', constants: { JOURNAL: 1 } },
];

const sourcesOf = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && e.name.endsWith('.ts'))
    .map((e) => join(e.parentPath ?? e.path, e.name))
    .sort();

function inputHash(kernel) {
  const hash = createHash('sha256').update(JSON.stringify(kernel));
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  hash.update(readFileSync(join(root, 'node_modules/assemblyscript/package.json')));
  for (const file of sourcesOf('assembly')) hash.update(relative(root, file)).update('\0').update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

async function compile(asc, kernel) {
  let binary;
  const args = [
    kernel.entry,
    '--outFile',
    'out.wasm',
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    // Memories are fresh: without this, space that is only reserved would be written out as zeros.
    '--zeroFilledMemory',
    // load.ts gives every instance a fresh memory: zeros need not be carried along.
    '--zeroFilledMemory',
    '--enable',
    'simd',
    '--exportTable=false',
    ...Object.entries(kernel.constants).flatMap(([k, v]) => ['--use', `${k}=${v}`]),
  ].filter((a) => a !== '--exportTable=false');
  const { error, stderr } = await asc.main(args, {
    readFile: (name, base) => {
      const path = join(base === '.' ? root : base, name);
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
    },
    writeFile: (name, contents) => {
      if (name.endsWith('.wasm')) binary = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${kernel.entry} does not compile:\n${stderr.toString()}`, { cause: error });
  return binary;
}

export async function buildKernels({ only, log = console.error } = {}) {
  mkdirSync(generated, { recursive: true });
  let asc;
  for (const kernel of kernels) {
    if (only && !only.includes(kernel.name)) continue;
    const out = join(generated, `${kernel.name}.ts`);
    const hash = inputHash(kernel);
    if (existsSync(out) && readFileSync(out, 'utf8').includes(`input ${hash}`)) continue;
    asc ??= (await import('assemblyscript/asc')).default;
    const wasm = await compile(asc, kernel);
    writeFileSync(
      out,
      `// Built from ${kernel.entry} by scripts/kernels.mjs, input ${hash}. Do not edit.\n` +
        `export const bytes = ${wasm.length};\nexport const hex =\n  '${Buffer.from(wasm).toString('hex')}';\n`,
    );
    log(`kernel ${kernel.name}: ${wasm.length} bytes`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await buildKernels({ only: process.argv.length > 2 ? process.argv.slice(2) : undefined });
