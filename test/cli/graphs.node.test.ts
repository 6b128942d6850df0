/** `surprisal graphs`: what a user sees of it, on small graphs made here. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGraphs, writeGraphs } from '../../src/formats/graph-files.ts';
import { compareGraphSets, type GraphSet } from '../../src/formats/graph-set.ts';
import { randomSet } from '../support/graph_sets.ts';
import { built, folder, run } from './command.ts';

describe.skipIf(!built)('surprisal graphs', () => {
  const at = folder();
  const set = randomSet(20, 3, { vertexLabels: ['1', '2'], graphLabels: ['0', '1'] });
  const inside = (args: string[], input?: Uint8Array | string) => run(['graphs', ...args], { cwd: at.path, input });
  const read = (name: string): GraphSet => readGraphs(new Map([[name, new Uint8Array(at.read(name))]]));
  const isomorphic = (a: GraphSet, b: GraphSet) => expect(compareGraphSets(a, b).same).toBe(true);

  beforeAll(() => {
    mkdirSync(at.file('SET'));
    for (const [name, bytes] of writeGraphs(set, 'tu', 'SET')) writeFileSync(at.file(`SET/${name}`), bytes);
    writeFileSync(at.file('ring.txt'), '# six in a ring\n1 2\n2 3\n3 4\n4 5\n5 6\n6 1\n');
    writeFileSync(at.file('twice.txt'), '1 2\n2 3\n1 2\n');
  });
  afterAll(() => at.remove());

  it('compresses a folder and gives it back in every format that holds it', () => {
    const { code, stderr } = inside(['compress', '-v', 'SET']);
    expect(code).toBe(0);
    expect(stderr).toContain('20 graphs');
    expect(stderr).toContain('decoded and found isomorphic: 20 by canonical forms');
    expect(inside(['decompress', 'SET.srp']).code).toBe(0);
    isomorphic(set, read('SET.graphml'));
    expect(inside(['decompress', '--format', 'tu', 'SET.srp']).code).toBe(0);
    isomorphic(set, read('SET.zip'));
    expect(inside(['compress', '-o', 'again.srp', 'SET.zip']).code).toBe(0);
    const refused = inside(['decompress', '-o', 'x.txt', 'SET.srp']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('an edge list has no place for several graphs');
    expect(existsSync(at.file('x.txt'))).toBe(false);
  });

  it('compresses edge lists, from a pipe too, and names the result after the archive', () => {
    expect(inside(['compress', 'ring.txt']).code).toBe(0);
    expect(statSync(at.file('ring.txt.srp')).size).toBeLessThan(120);
    const again = inside(['compress', 'ring.txt']);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('already exists');
    expect(inside(['decompress', 'ring.txt.srp']).stderr).toContain('already exists');
    expect(inside(['decompress', '-f', 'ring.txt.srp']).code).toBe(0);
    isomorphic(
      read('ring.txt'),
      readGraphs(new Map([['r', new TextEncoder().encode('a b;b c;c d;d e;e f;f a'.replaceAll(';', '\n'))]])),
    );
    const piped = inside(['compress', '--model', 'er', '--ordered'], '3 4\n4 5\n');
    expect(piped.code).toBe(0);
    expect(inside(['decompress', '--format', 'edges'], piped.stdout).stdout.toString()).toBe('0 1\n1 2\n');
  });

  it('tells all it knows as JSON', () => {
    const { code, stdout } = inside(['info', '--json', 'SET.srp']);
    expect(code).toBe(0);
    const facts = JSON.parse(stdout.toString());
    expect(facts).toMatchObject({
      ok: true,
      file: 'SET.srp',
      graphs: 20,
      vertexLabels: 2,
      edgeLabels: null,
      graphLabels: 2,
    });
    expect(facts.archiveBits).toBe(8 * statSync(at.file('SET.srp')).size);
    expect(facts.bits.graphs).toBeLessThan(facts.orderedBits);
    expect(inside(['info', 'SET.srp']).stdout.toString()).toContain('bits an edge: graphs');
    const made = JSON.parse(inside(['compress', '--json', '-f', 'SET']).stdout.toString());
    expect(made).toMatchObject({ ok: true, verified: true, isomorphic: { proven: 20, hashed: 0 } });
    expect(Object.keys(made.tried)).toContain('er joint');
  });

  it('is opened by test, list and decompress', () => {
    expect(run(['test', 'SET.srp'], { cwd: at.path }).stdout.toString()).toContain('intact');
    expect(run(['list', 'SET.srp'], { cwd: at.path }).stdout.toString()).toContain('graphs shuffle.0 20/');
    expect(run(['decompress', '-o', 'plain.graphml', 'SET.srp'], { cwd: at.path }).code).toBe(0);
    isomorphic(set, read('plain.graphml'));
  });

  it('says what is wrong, and leaves nothing behind', () => {
    const says = (args: string[], text: string, input?: string) => {
      const { code, stderr } = inside(args, input);
      expect(stderr).toContain(text);
      expect(code).toBe(1);
    };
    says(['compress', 'twice.txt'], 'twice.txt, line 3: the edge of line 1 again');
    says(['compress', 'none.txt'], 'none.txt');
    says(['compress', '--model', 'polya', '--form', 'autoregressive', 'twice.txt'], 'twice.txt');
    says(['compress', '--model', 'x', 'ring.txt'], 'er, polya, ap');
    says(['compress', '--rounds', '99', 'ring.txt'], 'not a number of rounds');
    says(['compress', 'SET.srp'], 'already has the suffix');
    says(['compress', '--directed', '--model', 'ap', '-o', 'd.srp', 'ring.txt'], 'of undirected graphs');
    says(['decompress', '-c', 'SET.srp', '--max-output', '100'], '--max-output');
    says(['decompress', '-c', 'SET.srp', '--memory', '64K'], '--memory');
    says(['decompress'], 'not an .srp archive', 'no archive');
    expect(run(['compress', 'ring.txt', '-o', 'plain.srp'], { cwd: at.path }).code).toBe(0);
    says(['info', 'plain.srp'], "Use 'surprisal decompress");
    expect(readdirSync(at.path).filter((name) => name.includes('.tmp'))).toEqual([]);
  });
});
