// Both directions against constriction's own wheel: Python decodes what TypeScript encoded, TypeScript decodes what
// Python encoded, and both write the same words. Then the snippets of the documents run, one after another.
//
//     npm run test:interop [cases of each coder with each model]
//
// Without Python or the wheel it is skipped, which is a failure where SURPRISAL_REQUIRE_INTEROP is 1.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Case, drawCases, modelOf, type Outcome, outcome } from './cases.ts';
import { Counts } from './counts.ts';
import { largeArrays } from './large.ts';
import { home, python, root, run } from './python.ts';

const counts = new Counts('equal cases, both directions');
const extremes = new Counts('of them extreme');
let passed = 0;
let failed = 0;

function fail(title: string, what: string): void {
  failed++;
  if (failed <= 20) console.log(`FAILED ${title}: ${what}`);
}

/** One batch through the peer. */
function ask(
  path: string,
  direction: 'encode' | 'decode',
  cases: readonly Case[],
  folder: string,
): (Outcome & { error?: string })[] {
  const source = join(folder, `${direction}.json`);
  const target = join(folder, `${direction}-answers.json`);
  writeFileSync(source, JSON.stringify(cases));
  const { ok, said } = run(path, [join(import.meta.dirname, 'peer.py'), direction, source, target]);
  if (!ok) throw new Error(`the peer failed: ${said}`);
  return JSON.parse(readFileSync(target, 'utf8'));
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Holds one side's outcome against the other's. */
function differs(c: Case, ours: Outcome, theirs: Outcome & { error?: string }): string | undefined {
  if (theirs.error !== undefined) return `constriction: ${theirs.error}`;
  for (const key of ['words', 'symbols', 'data', 'bits'] as const)
    if (!same(ours[key], theirs[key]))
      return `${key} ${JSON.stringify(ours[key])}, constriction's ${JSON.stringify(theirs[key])}`;
  if (!same(theirs.symbols, c.symbols)) return 'constriction decoded other symbols';
  if ((c.coder === 'chain' || c.seal) && !same(theirs.data, c.data)) return 'constriction restored other data';
  return undefined;
}

function bothWays(path: string, count: number, folder: string): void {
  for (const direction of ['decode', 'encode'] as const) {
    const start = performance.now();
    const cases = drawCases(direction === 'decode' ? 20260 : 20261, count);
    if (direction === 'decode') for (const c of cases) c.words = outcome(c).words;
    const answers = ask(path, direction, cases, folder);
    for (const [i, c] of cases.entries()) {
      const title = `${direction === 'decode' ? 'TypeScript -> Python' : 'Python -> TypeScript'}, ${c.coder} ${modelOf(c)}`;
      const theirs = answers[i];
      let wrong: string | undefined;
      try {
        // Where Python encodes, its words are what is decoded here.
        wrong = differs(c, outcome(c, direction === 'encode' ? theirs.words : undefined), theirs);
      } catch (error) {
        wrong = String(error);
      }
      if (wrong === undefined) {
        passed++;
        counts.add(c.coder, modelOf(c), direction);
        for (const what of c.extreme) extremes.add(c.coder, what, direction);
      } else {
        fail(title, `${wrong}\n  ${JSON.stringify(c).slice(0, 600)}`);
      }
    }
    const way = direction === 'decode' ? 'TypeScript -> Python' : 'Python -> TypeScript';
    console.log(`${way}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}

/** A page's snippets in their order, as programs in one folder; a browser's fetch reads and writes files there. */
function snippets(name: string, heading: string, path: string, folder: string): void {
  const text = readFileSync(join(root, name), 'utf8');
  const start = text.indexOf(heading);
  const next = heading === '' ? -1 : text.indexOf('\n## ', start + heading.length);
  const page = text.slice(start, next < 0 ? undefined : next);
  const blocks = [...page.matchAll(/```(python|js)\n([\s\S]*?)```/g)];
  const server = join(folder, 'server.mjs');
  writeFileSync(
    server,
    `import { readFileSync, writeFileSync } from 'node:fs';
globalThis.fetch = async (name, { body } = {}) =>
  body ? (writeFileSync(name, body), new Response()) : new Response(readFileSync(name));
`,
  );
  for (const [i, [, language, code]] of blocks.entries()) {
    const file = join(folder, `snippet-${i}.${language === 'js' ? 'mjs' : 'py'}`);
    writeFileSync(file, code);
    const { ok, said } =
      language === 'js'
        ? run(process.execPath, ['--import', pathToFileURL(server).href, file], folder)
        : run(path, [file], folder);
    // What a snippet prints stands in its comments.
    const promised = [...code.matchAll(/(?:print|console\.log)\(.*?(?:#|\/\/) (.*)$/gm)].map((match) => match[1]);
    if (ok && promised.length > 0 && same(said.split('\n'), promised)) passed++;
    else fail(`${name}, snippet ${i + 1} (${language})`, `printed ${JSON.stringify(said)}`);
  }
  console.log(`${name}: ${blocks.length} snippets`);
}

const found = python();
if ('missing' in found) {
  console.log(`skipped: ${found.missing}`);
  const required = process.env.SURPRISAL_REQUIRE_INTEROP === '1';
  console.log(`0 passed, ${required ? 1 : 0} failed`);
  process.exit(required ? 1 : 0);
}
// Inside the package, so that the snippets find it under its own name.
const folder = mkdtempSync(join(home, 'run-'));
try {
  bothWays(found.path, Number(process.argv[2] ?? 1000), folder);
  const start = performance.now();
  for (const { title, wrong } of await largeArrays(found.path, folder))
    if (wrong === undefined) passed++;
    else fail(title, wrong);
  console.log(`ten million symbols in one array: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  snippets('docs/interop.md', '', found.path, folder);
  snippets('docs/portable-parameters.md', '', found.path, folder);
  snippets('README.md', '## Entropy coding', found.path, folder);
} catch (error) {
  fail('the run', String(error));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${counts}\n\n${extremes}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
