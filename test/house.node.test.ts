/** The rules of the house that a compiler does not know, read from the source itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const src = join(import.meta.dirname, '../src');
const library = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(src, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
  .filter((path) => !path.startsWith('kernels/generated/'))
  .sort()
  .map((path) => ({
    path,
    source: ts.createSourceFile(path, readFileSync(join(src, path), 'utf8'), ts.ScriptTarget.Latest, true),
  }));
const withoutCommand = library.filter(({ path }) => !path.startsWith('cli/'));

/** What each room may import besides itself and errors.ts. Rooms at the top are those of the entry points. */
const arrows: Record<string, readonly string[] | 'all but cli' | 'all'> = {
  errors: [],
  kernels: [],
  models: ['kernels'],
  coders: ['models', 'kernels'],
  codecs: ['coders', 'models', 'kernels'],
  structures: ['codecs', 'models', 'kernels'],
  networks: ['kernels'],
  latent: ['codecs', 'networks', 'models', 'kernels'],
  sequence: ['kernels', 'networks', 'coders', 'models'],
  sampling: ['sequence', 'coders', 'models', 'kernels'],
  container: [],
  formats: 'all but cli',
  index: 'all but cli',
  worker: 'all but cli',
  'worker-thread': 'all but cli',
  trainer: 'all but cli',
  'trainer-thread': 'all but cli',
  cli: 'all',
};

/** Classes that only the package itself reaches: their exports are documented, their methods need not be. */
const internal = ['formats/threads.ts', 'formats/protocol.ts', 'formats/ports.ts'];

const room = (path: string) => path.split('/')[0]!.replace(/\.ts$/, '');

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Every module named by a file: imports, re-exports, and imports at run time with a constant name. */
function imports(source: ts.SourceFile): { specifier: string; dynamic: boolean }[] {
  const found: { specifier: string; dynamic: boolean }[] = [];
  walk(source, (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
      found.push({ specifier: (node.moduleSpecifier as ts.StringLiteral).text, dynamic: false });
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteralLike(argument)) found.push({ specifier: argument.text, dynamic: true });
    }
  });
  return found;
}

function where(node: ts.Node): string {
  const source = node.getSourceFile();
  return `src/${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

describe('the house', () => {
  it('knows every room', () => {
    expect([...new Set(library.map(({ path }) => room(path)))].filter((name) => !(name in arrows))).toEqual([]);
  });

  it('imports only along the arrows', () => {
    const wrong: string[] = [];
    for (const { path, source } of library) {
      const from = room(path);
      const allowed = arrows[from] ?? [];
      for (const { specifier } of imports(source)) {
        if (!specifier.startsWith('.')) continue;
        const to = room(posix.join(posix.dirname(path), specifier));
        const fine =
          to === from ||
          to === 'errors' ||
          allowed === 'all' ||
          (allowed === 'all but cli' ? to !== 'cli' : allowed.includes(to));
        if (!fine) wrong.push(`src/${path} imports ${specifier}: ${from} may not know ${to}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('imports nothing of Node when it is loaded', () => {
    const wrong = withoutCommand.flatMap(({ path, source }) =>
      imports(source)
        .filter(({ specifier, dynamic }) => specifier.startsWith('node:') && !dynamic)
        .map(({ specifier }) => `src/${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('leaves to the host only arithmetic that every engine rounds alike', () => {
    const exact = 'abs ceil clz32 floor fround imul max min round sign sqrt trunc'.split(' ');
    const constants = 'E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2'.split(' ');
    const wrong: string[] = [];
    for (const { source } of withoutCommand) {
      walk(source, (node) => {
        if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
          const [owner, name] = [node.expression.text, node.name.text];
          if (owner === 'Math' && ![...exact, ...constants].includes(name)) wrong.push(`${where(node)}: Math.${name}`);
          if (owner === 'Intl') wrong.push(`${where(node)}: Intl.${name}`);
        }
        if (ts.isPropertyAccessExpression(node) && /^(localeCompare|toLocale\w+)$/.test(node.name.text))
          wrong.push(`${where(node)}: ${node.name.text}`);
        const power = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskToken;
        // Whole powers of two are exact in every engine; anything else is Math.pow.
        if (power && node.left.getText() !== '2') wrong.push(`${where(node)}: ** of another base than 2`);
      });
    }
    expect(wrong).toEqual([]);
  });

  it('documents every export', () => {
    const bare: string[] = [];
    const documented = (node: ts.Node) => ts.getJSDocCommentsAndTags(node).length > 0;
    for (const { path, source } of withoutCommand) {
      for (const statement of source.statements) {
        if (!ts.canHaveModifiers(statement)) continue;
        if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
        const name = ts.isVariableStatement(statement)
          ? statement.declarationList.declarations.map((one) => one.name.getText()).join(', ')
          : ((statement as ts.DeclarationStatement).name?.getText() ?? 'default');
        if (!documented(statement)) bare.push(`${where(statement)}: ${name}`);
        if (!ts.isClassDeclaration(statement) || internal.includes(path)) continue;
        for (const member of statement.members) {
          if (!ts.isMethodDeclaration(member) && !ts.isGetAccessor(member)) continue;
          const modifiers: ts.SyntaxKind[] = ts.getModifiers(member)?.map(({ kind }) => kind) ?? [];
          const inside = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword, ts.SyntaxKind.OverrideKeyword];
          if (ts.isPrivateIdentifier(member.name) || inside.some((kind) => modifiers.includes(kind))) continue;
          if (!documented(member)) bare.push(`${where(member)}: ${name}.${member.name.getText()}`);
        }
      }
    }
    expect(bare).toEqual([]);
  });

  it('keeps its files short enough to read', () => {
    const long = library
      .map(({ path, source }) => ({ path, lines: source.getLineStarts().length }))
      .filter(({ lines }) => lines > 650);
    expect(long).toEqual([]);
  });
});
