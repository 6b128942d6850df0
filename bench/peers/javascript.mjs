// One JavaScript compressor, run once in a process of its own: `node javascript.mjs NAME compress|decompress IN OUT`.
// A module is imported only for the peer that was asked for, so that memory and start-up are its own.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Each gives [compress, decompress], from bytes to bytes. */
const peers = {
  async surprisal() {
    const { compress, decompress } = await import('../../dist/index.js');
    return [(bytes) => compress(bytes), (bytes) => decompress(bytes, { maxOutputSize: 2 ** 31 })];
  },
  async fflate() {
    const { gzipSync, gunzipSync } = await import('fflate');
    return [(bytes) => gzipSync(bytes, { level: 9, mtime: 0 }), (bytes) => gunzipSync(bytes)];
  },
  async pako() {
    const { gzip, ungzip } = await import('pako');
    return [(bytes) => gzip(bytes, { level: 9 }), (bytes) => ungzip(bytes)];
  },
  async 'brotli-wasm'() {
    // Its ES module is for bundlers and fetches its WASM; only the CommonJS one runs in Node.
    const { compress, decompress } = createRequire(import.meta.url)('brotli-wasm');
    return [(bytes) => compress(bytes, { quality: 11 }), (bytes) => decompress(bytes)];
  },
};

const [name, direction, input, output] = process.argv.slice(2);
const [compress, decompress] = await peers[name]();
const bytes = new Uint8Array(readFileSync(input));
writeFileSync(output, await (direction === 'compress' ? compress : decompress)(bytes));
