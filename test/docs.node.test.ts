/**
 * The TypeScript of the documents is true: every ```ts block compiles with strict settings and runs, and every comment
 * that ends a statement's line is its value.
 *
 * Blocks of a page have the imports of those before them, from the package, the examples or the tests, and no variables. A comment says
 * - the value, arrays and objects as Node prints them, `…` for what is left out: `coder.numBits(); // 96`;
 * - or the code of the error: `model.interval(9, at); // throws 'impossible-symbol'`.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const folder = join(root, '.cache/docs-snippets');
const pages = [
  'coders',
  'models',
  'portable-parameters',
  'codecs',
  'hidden-markov',
  'talk',
  'multisets',
  'graphs',
  'networks',
  'image-models',
  'import',
  'bits-back',
  'codecs-as-models',
];

interface Block {
  readonly line: number;
  readonly code: string;
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, `docs/${page}.md`), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length + 1,
    code: match[1],
  }));
}

/** What a block does, with its comments made checks; and its imports. */
function checked({ code, line }: Block): { imports: string[]; body: string } {
  const source = ts.createSourceFile('block.ts', code, ts.ScriptTarget.ES2022, true);
  const imports: string[] = [];
  const body = source.statements.map((statement) => {
    const text = statement.getText();
    if (ts.isImportDeclaration(statement)) {
      const library = text.replace(/'surprisal\/(.*)\.js'/, (_, path) => `'../../src/${path}.ts'`);
      imports.push(library.replace(/'\.\.\/((?:examples|test)\/.*\.ts)'/, (_, path) => `'../../${path}'`));
      return '';
    }
    const promised = /^[ \t]*\/\/ (.*)/.exec(code.slice(statement.end))?.[1];
    if (promised === undefined) return text;
    const at = line + source.getLineAndCharacterOfPosition(statement.getStart()).line;
    const expected = JSON.stringify(promised);
    if (ts.isExpressionStatement(statement)) {
      const expression = statement.expression.getText();
      return `await promise$(async () => (${expression}), ${expected}, ${at});`;
    }
    if (ts.isVariableStatement(statement) && statement.declarationList.declarations.length === 1)
      return `${text}\nawait promise$(async () => ${statement.declarationList.declarations[0].name.getText()}, ${expected}, ${at});`;
    return text;
  });
  return { imports, body: body.join('\n') };
}

/** A value as the documents write it. */
function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} [${[...(value as Uint8Array)].join(', ')}]`;
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return `{ ${Object.entries(value)
      .map(([key, one]) => `${key}: ${show(one)}`)
      .join(', ')} }`;
  return String(value);
}

const wrong: string[] = [];
let checks = 0;

async function check(run: () => Promise<unknown>, expected: string, line: number): Promise<void> {
  checks++;
  let said: string;
  try {
    said = show(await run());
  } catch (error) {
    said = `throws '${(error as { code?: string }).code}'`;
    if (said !== expected) said += `: ${error}`;
  }
  const pattern = expected.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (!new RegExp(`^${pattern.join('.*')}$`).test(said)) wrong.push(`line ${line}: ${said}, not ${expected}`);
}

describe.each(pages)('docs/%s.md', (page) => {
  const file = join(folder, `${page}.ts`);
  const blocks = blocksOf(page);

  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    const parts = blocks.map(checked);
    const names = new Set<string>();
    // One import a name, however often the page says it.
    const imports = parts
      .flatMap(({ imports }) => imports)
      .flatMap((text) => {
        const match = /^import (type )?\{ (.*) \} from (.*);$/.exec(text.replace(/\s+/g, ' '));
        if (match === null) throw new Error(`docs/${page}.md: imports are of the form import { a, b } from 'x'`);
        return match[2]
          .split(/, ?/)
          .filter((name) => name !== '' && !names.has(name) && names.add(name))
          .map((name) => `import ${match[1] ?? ''}{ ${name} } from ${match[3]};`);
      });
    const bodies = parts.map(({ body }) => `  {\n${body}\n  }`);
    const type = 'type Check = (run: () => Promise<unknown>, expected: string, line: number) => Promise<void>;';
    writeFileSync(
      file,
      `${imports.join('\n')}\n${type}\nexport default async function run(promise$: Check) {\n${bodies.join('\n')}\n}\n`,
    );
  });
  afterAll(() => {
    rmSync(file, { force: true });
  });

  it('runs, and every value is as it says', async () => {
    wrong.length = 0;
    checks = 0;
    const { default: run } = await import(/* @vite-ignore */ pathToFileURL(file).href);
    await run(check);
    expect(wrong).toEqual([]);
    expect(checks).toBeGreaterThanOrEqual(blocks.length / 2);
  });

  it('compiles', () => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [file] }, ts.sys, root);
    const settings = { ...options, noUnusedLocals: false, noUnusedParameters: false, types: [] };
    const program = ts.createProgram([file], settings);
    const said = ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(said).toEqual([]);
  });

  it('links only to what is there', () => {
    const text = readFileSync(join(root, `docs/${page}.md`), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1]);
    for (const link of links) expect(() => readFileSync(join(root, 'docs', link))).not.toThrow();
  });
});
