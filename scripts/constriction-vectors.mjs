// Copies the cases of the stream coders out of two collections of constriction's results into test/vectors/:
//   node scripts/constriction-vectors.mjs constriction_documented.json constriction_generated.json
// The first holds what constriction's own documentation and tests print, the second what a build of it computed.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [documented, generated] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')));
if (generated === undefined) throw new Error('two files are needed: the documented cases and the generated ones');
const folder = join(dirname(fileURLToPath(import.meta.url)), '../test/vectors');

function write(name, value) {
  const lines = Object.entries(value).map(([key, entry]) =>
    Array.isArray(entry)
      ? `${JSON.stringify(key)}: [\n${entry.map((one) => JSON.stringify(one)).join(',\n')}\n]`
      : `${JSON.stringify(key)}: ${JSON.stringify(entry)}`,
  );
  const text = `{\n${lines.join(',\n')}\n}\n`;
  if (text.length > 300_000) throw new Error(`${name} has ${text.length} bytes: leave cases out`);
  writeFileSync(join(folder, name), text);
  console.error(`${name}: ${text.length} bytes`);
}

const origin = `${documented.upstream}; generated: ${generated.meta.generator}`;
write('constriction_streams.json', {
  origin,
  conventions: documented.conventions,
  // Without the case whose cdf is SciPy's and that no build has reproduced.
  documented: documented.stream_vectors.filter((one) => one.reproduced_by_local_build === true),
  categorical: generated.ans_and_range_categorical_iid,
  inverted: generated.range_inverted_situations,
  small: generated.small_preset_u16_u32_12,
  seek: generated.seek,
});
write('constriction_gaussian_streams.json', {
  origin,
  gaussian: generated.ans_and_range_gaussian_per_symbol,
  bitsback: generated.bitsback_ans_and_chain,
});
// The largest categorical cases are one of each kind; probs_f32 are probs_f64, rounded.
write('constriction_models.json', {
  origin,
  libm: generated.libm_0_2_16.filter(({ fn }) => fn !== 'tan' && fn !== 'sqrt'),
  categorical: generated.categorical_quantization_24bit
    .filter(({ n, kind }) => n < 256 || (n === 256 && kind < 3) || (n === 1000 && kind === 2))
    .map(({ probs_f32: _, ...one }) => one),
});
write('constriction_families.json', {
  origin,
  uniform: generated.uniform_24bit,
  leaky: generated.leaky_quantized_24bit,
  binomial: generated.binomial_24bit,
});
