/** What training needs: parameters, optimisers, schedules, random numbers, shards, and memory with a limit. */
import { describe, expect, it } from 'vitest';
import { Random } from '../src/kernels/random.ts';
import { square } from '../src/networks/activations.ts';
import { multiply } from '../src/networks/arithmetic.ts';
import { BatchNorm, Dense, Sequential } from '../src/networks/layers.ts';
import {
  Adam,
  constantRate,
  cosineRate,
  exponentialRate,
  linearRate,
  type Optimiser,
  Sgd,
  WeightAverage,
} from '../src/networks/optimisers.ts';
import { glorot, he, normal, Parameters, uniform, zeros } from '../src/networks/parameters.ts';
import { Tape } from '../src/networks/tape.ts';
import { Trainer } from '../src/networks/training.ts';
import { Workspace } from '../src/networks/workspace.ts';
import { adam, sgd } from './reference/networks.ts';
import { unlike } from './support/networks.ts';

const invalid = expect.objectContaining({ code: 'invalid-argument' });

/** Parameters of 37 numbers, initialised. */
function some(seed = 1): Parameters {
  const parameters = new Parameters(new Workspace());
  parameters.declare('a', [5, 6], normal(1));
  parameters.declare('b', [7], uniform(0.5));
  parameters.initialise(seed);
  return parameters;
}

/** Gradients of step t: some tiny, so that moments become so small that they count as 0. */
function gradients(length: number, t: number): Float32Array {
  const g = new Random(9, t).normals(new Float32Array(length));
  for (let i = 0; i < length; i += 5) g[i] *= 2 ** -(20 * t + 20);
  return g;
}

describe('optimisers', () => {
  it.each([
    ['Adam', { rate: 0.01 }],
    ['Adam with other settings', { rate: 0.1, beta1: 0.5, beta2: 0.9, epsilon: 1e-3 }],
    ['AdamW', { rate: 0.01, decay: 0.1 }],
  ])('%s equals a plain loop in f32', (_, options) => {
    const parameters = some();
    const { rate, ...settings } = options;
    const optimiser = new Adam(parameters, settings);
    let expected = Array.from(parameters.values, (w) => ({ w, m: 0, v: 0 }));
    for (let t = 1; t <= 8; t++) {
      const g = gradients(parameters.length, t);
      parameters.gradients.set(g);
      optimiser.step(rate);
      expected = expected.map((state, i) => adam(state, g[i], t, options));
    }
    const state = ['w', 'm', 'v'].map((name) => expected.map((e) => e[name as 'w']));
    for (const [i, found] of [parameters.values, ...optimiser.state()].entries())
      expect(unlike(found, state[i])).toEqual([]);
    expect(optimiser.steps).toBe(8);
  });

  it.each([
    ['plain', { rate: 0.1, momentum: 0, decay: 0 }],
    ['with momentum and decay', { rate: 0.1, momentum: 0.9, decay: 0.01 }],
  ])('gradient descent, %s, equals a plain loop in f32', (_, options) => {
    const parameters = some();
    const optimiser = new Sgd(parameters, options);
    let expected = Array.from(parameters.values, (w) => ({ w, m: 0 }));
    for (let t = 1; t <= 6; t++) {
      const g = gradients(parameters.length, t);
      parameters.gradients.set(g);
      optimiser.step(options.rate);
      expected = expected.map((state, i) => sgd(state, g[i], options));
    }
    const found = Array.from(parameters.values);
    expect(
      unlike(
        found,
        expected.map(({ w }) => w),
      ),
    ).toEqual([]);
  });

  it('an average forgets its youth, follows the weights and can be exchanged with them', () => {
    const parameters = some();
    const average = new WeightAverage(parameters, 0.9);
    let expected = Array.from(parameters.values);
    for (let t = 1; t <= 20; t++) {
      parameters.values.set(gradients(parameters.length, t));
      average.update();
      const rate = Math.fround(1 - Math.min(0.9, (1 + t) / (10 + t)));
      expected = expected.map((a, i) => Math.fround(a + Math.fround(Math.fround(parameters.values[i] - a) * rate)));
    }
    const weights = parameters.values.slice();
    expect(unlike(average.state()[0], expected)).toEqual([]);
    average.swap();
    expect(unlike(parameters.values, expected)).toEqual([]);
    average.swap();
    expect(unlike(parameters.values, weights)).toEqual([]);
  });

  const kinds: Record<string, (p: Parameters) => Optimiser> = {
    Adam: (p) => new Adam(p),
    gradient: (p) => new Sgd(p, { momentum: 0.5 }),
  };

  it.each(Object.entries(kinds))('%s goes on from a saved state to the same bits', (_, make) => {
    const run = (parameters: Parameters, optimiser: Optimiser, from: number, to: number): void => {
      for (let t = from; t < to; t++) {
        parameters.gradients.set(gradients(parameters.length, t));
        optimiser.step(0.01);
      }
    };
    const whole = some();
    const once = make(whole);
    run(whole, once, 0, 9);
    const first = some();
    const before = make(first);
    run(first, before, 0, 4);
    const second = some(2);
    second.load(first.tensors());
    const after = make(second);
    after.restore(before.steps, before.state());
    run(second, after, 4, 9);
    expect(second.tensors()).toEqual(whole.tensors());
    expect(() => after.restore(1, [new Float32Array(3)])).toThrow(expect.objectContaining({ code: 'corrupt' }));
    const broken = before.state();
    broken[0][0] = Number.NaN;
    expect(() => after.restore(1, broken)).toThrow(/not one of this network/);
  });

  it('finds the minimum of a parabola', () => {
    for (const make of [(p: Parameters) => new Adam(p), (p: Parameters) => new Sgd(p, { momentum: 0.8 })]) {
      const parameters = some();
      const optimiser = make(parameters);
      for (let t = 0; t < 300; t++) {
        parameters.gradients.set(parameters.values.map((w) => w - 0.25));
        optimiser.step(0.05);
      }
      for (const { values } of parameters.all) for (const w of values) expect(w).toBeCloseTo(0.25, 2);
    }
  });

  it('refuses settings that mean nothing', () => {
    const parameters = some();
    for (const wrong of [
      () => new Adam(parameters, { beta1: 1 }),
      () => new Adam(parameters, { epsilon: 0 }),
      () => new Sgd(parameters, { momentum: -1 }),
      () => new WeightAverage(parameters, 1),
    ])
      expect(wrong).toThrow(invalid);
  });
});

describe('schedules', () => {
  it('say the rate of each step', () => {
    expect(constantRate(0.1)(7)).toBe(0.1);
    const cosine = cosineRate(1, 110, { warmup: 10, end: 0.1 });
    expect([0, 4, 9].map(cosine)).toEqual([0.1, 0.5, 1]);
    for (const step of [10, 35, 60, 85, 110, 500]) {
      const part = Math.min(1, (step - 10) / 100);
      expect(cosine(step)).toBeCloseTo(0.1 + (0.9 * (1 + Math.cos(Math.PI * part))) / 2, 12);
    }
    const halves = exponentialRate(0.8, 100, { warmup: 2 });
    expect([0, 1, 2].map(halves)).toEqual([0.4, 0.8, 0.8]);
    expect(halves(202)).toBeCloseTo(0.2, 12);
    expect([0, 5, 10, 99].map(linearRate(1, 10, { end: 0.5 }))).toEqual([1, 0.75, 0.5, 0.5]);
  });
});

describe('random numbers', () => {
  it('are golden', () => {
    const words = (...stream: number[]): number[] => {
      const random = new Random(...stream);
      return [random.next(), random.next(), random.next()];
    };
    expect([words(), words(0), words(1), words(1, 2, 3), words(2 ** 53 - 1)]).toMatchInlineSnapshot(`
      [
        [
          1488832988,
          3437846913,
          1815859916,
        ],
        [
          2994236019,
          984305874,
          2881596223,
        ],
        [
          3895738547,
          66616684,
          3096979647,
        ],
        [
          1119147015,
          2672149406,
          4060938513,
        ],
        [
          1720366760,
          104784243,
          235611185,
        ],
      ]
    `);
    const random = new Random(42);
    expect([random.below(6), random.below(1000), random.uniform(), random.normal()]).toMatchInlineSnapshot(`
      [
        3,
        471,
        0.08679187297821045,
        0.15347121411760076,
      ]
    `);
    expect([...new Random(42).normals(new Float32Array(3))]).toMatchInlineSnapshot(`
      [
        0.18201428651809692,
        -1.0149918794631958,
        -1.3607782125473022,
      ]
    `);
    expect([...new Random(42).permutation(9)]).toMatchInlineSnapshot(`
      [
        7,
        2,
        5,
        1,
        6,
        4,
        3,
        0,
        8,
      ]
    `);
  });

  it('are xoshiro128**', () => {
    const random = new Random(3);
    const { state } = random as unknown as { state: Uint32Array };
    const mask = 0xffffffffn;
    let [a, b, c, d] = Array.from(state, BigInt);
    const rotated = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
    for (let i = 0; i < 100; i++) {
      expect(random.next()).toBe(Number((rotated((b * 5n) & mask, 7n) * 9n) & mask));
      const t = (b << 9n) & mask;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = rotated(d, 11n);
    }
  });

  it('are uniform, and normal, and differ from stream to stream', () => {
    const random = new Random(11);
    const counts = new Float64Array(10);
    for (let i = 0; i < 50_000; i++) counts[random.below(10)]++;
    // 27.9 is passed once in a thousand times.
    expect(counts.reduce((s, n) => s + ((n - 5000) * (n - 5000)) / 5000, 0)).toBeLessThan(27.9);
    const normals = random.normals(new Float32Array(50_000));
    const moment = (k: number): number => normals.reduce((s, x) => s + x ** k, 0) / normals.length;
    for (const [k, expected, tolerance] of [
      [1, 0, 0.02],
      [2, 1, 0.03],
      [3, 0, 0.06],
      [4, 3, 0.2],
    ])
      expect(Math.abs(moment(k) - expected), `moment ${k}`).toBeLessThan(tolerance);
    const permutation = random.permutation(1000);
    expect([...permutation].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    const first = Array.from({ length: 20_000 }, (_, i) => new Random(i % 200, Math.floor(i / 200)).next());
    // Of 20,000 words of 32 bits, 0.05 pairs are alike.
    expect(new Set(first).size).toBeGreaterThan(19_996);
    for (let i = 0; i < 1000; i++) expect(random.uniform()).toBeLessThan(1);
    expect(random.below(1)).toBe(0);
    expect(random.below(2 ** 32)).toBeGreaterThan(0);
  });

  it('refuses seeds and sizes that are none', () => {
    for (const wrong of [
      () => new Random(-1),
      () => new Random(0.5),
      () => new Random(2 ** 53),
      () => new Random(1).below(0),
      () => new Random(1).below(2 ** 32 + 1),
    ])
      expect(wrong).toThrow(invalid);
  });
});

describe('parameters', () => {
  it('begin with the variance that their initialiser promises, each with a stream of its own', () => {
    const parameters = new Parameters(new Workspace());
    const shape = [3, 3, 20, 30];
    const all = { he, glorot, normal: normal(0.1), uniform: uniform(3), again: he };
    for (const [name, initialiser] of Object.entries(all)) parameters.declare(name, shape, initialiser);
    parameters.initialise(3);
    const variance = (name: string): number => {
      const { data } = parameters.tensors().get(name)!;
      return data.reduce((s, x) => s + x * x, 0) / data.length;
    };
    expect(variance('he') / (2 / 180)).toBeCloseTo(1, 1);
    expect(variance('glorot') / (2 / (180 + 270))).toBeCloseTo(1, 1);
    expect(variance('normal') / 0.01).toBeCloseTo(1, 1);
    expect(variance('uniform') / 3).toBeCloseTo(1, 1);
    expect(parameters.tensors().get('he')).not.toEqual(parameters.tensors().get('again'));
    const before = parameters.values.slice();
    parameters.initialise(4);
    expect(parameters.values).not.toEqual(before);
    parameters.initialise(3);
    expect(unlike(parameters.values, before)).toEqual([]);
    expect(parameters.count).toBe(5 * 5400);
  });

  it('refuses names that are taken, late ones, other workspaces, and shapes that are none', () => {
    const parameters = new Parameters(new Workspace());
    const late = parameters.declare('a', [2], zeros);
    expect(() => parameters.declare('a', [2], zeros)).toThrow(/two parameters/);
    for (const shape of [[], [0], [1.5], [2 ** 15, 2 ** 15]])
      expect(() => parameters.declare('b', shape, zeros)).toThrow(invalid);
    parameters.initialise(1);
    expect(() => parameters.declare('b', [2], zeros)).toThrow(/too late/);
    expect(() => new Tape(new Workspace()).parameter(late)).toThrow(/another workspace/);
  });

  it('loads all or nothing', () => {
    const parameters = some();
    const before = parameters.values.slice();
    const wrong = (
      code: string,
      change: (tensors: Map<string, { shape: readonly number[]; data: Float32Array }>) => void,
      says: RegExp,
    ): void => {
      const tensors = some(2).tensors();
      change(tensors);
      const refusal = (): void => parameters.load(tensors);
      expect(refusal).toThrow(says);
      expect(refusal).toThrow(expect.objectContaining({ code }));
      expect(unlike(parameters.values, before)).toEqual([]);
    };
    wrong('wrong-model', (t) => t.delete('b'), /no tensor called b/);
    wrong('wrong-model', (t) => t.set('c', t.get('b')!), /no place for the tensor c/);
    wrong('wrong-model', (t) => t.set('b', { shape: [7, 1], data: t.get('b')!.data }), /b is 7 x 1.*wants 7/);
    wrong('corrupt', (t) => t.get('b')!.data.fill(Number.POSITIVE_INFINITY, 3), /b is not finite at index 3/);
    parameters.load(some(2).tensors());
    expect(unlike(parameters.values, some(2).values)).toEqual([]);
  });
});

describe('a trainer', () => {
  const build = (shards: number, clip?: number) => {
    const parameters = new Parameters(new Workspace());
    const network = new Sequential(
      new Dense(parameters, '0', 4, 8),
      new BatchNorm(parameters, '1', 8),
      new Dense(parameters, '2', 8, 2),
    );
    parameters.initialise(5);
    const options = { optimiser: new Adam(parameters), schedule: constantRate(0.01), shards, clip };
    return { parameters, network, trainer: new Trainer(parameters, options), tape: new Tape(parameters.workspace) };
  };
  const rows = new Random(6).normals(new Float32Array(12 * 4));
  const shard = ({ network, tape }: ReturnType<typeof build>, s: number, of: number) => {
    const count = 12 / of;
    const x = tape.input(rows.subarray(s * count * 4, (s + 1) * count * 4), [count, 4]);
    return square(network.apply(x));
  };

  it('takes the same step with shards that were computed elsewhere', () => {
    const here = build(3);
    const there = build(3);
    for (let step = 0; step < 3; step++) {
      here.trainer.begin();
      there.trainer.begin();
      for (let s = 0; s < 3; s++) {
        here.trainer.compute(here.tape, () => shard(here, s, 3), 1 / 24);
        // Another thread has the same weights, and sends back gradients and statistics.
        const worker = build(3);
        worker.parameters.load(there.parameters.tensors());
        worker.tape.backward(shard(worker, s, 3), 1 / 24);
        there.trainer.take(worker.parameters.gradients.slice(), worker.parameters.fixed.slice());
      }
      here.tape.reset();
      expect(here.trainer.finish()).toBe(there.trainer.finish());
    }
    expect(unlike(here.parameters.values, there.parameters.values)).toEqual([]);
    expect(unlike(here.parameters.fixed, there.parameters.fixed)).toEqual([]);
  });

  it('clips gradients, and says when they are not finite', () => {
    const one = build(1, 1e-3);
    one.trainer.begin();
    one.trainer.compute(one.tape, () => shard(one, 0, 1), 1);
    expect(one.trainer.finish()).toBeGreaterThan(1e-3);
    const norm = Math.sqrt(one.parameters.gradients.reduce((s, g) => s + g * g, 0));
    expect(norm).toBeCloseTo(1e-3, 8);
    const before = one.parameters.values.slice();
    one.trainer.begin();
    one.trainer.compute(
      one.tape,
      () => multiply(shard(one, 0, 1), one.tape.input(new Float32Array(24).fill(Number.NaN), [12, 2])),
      1,
    );
    expect(() => one.trainer.finish()).toThrow(/diverged at step 1/);
    expect(unlike(one.parameters.values, before)).toEqual([]);
    one.tape.reset();
  });

  it('refuses shards and gradients that do not fit', () => {
    const { parameters, trainer } = build(2);
    const options = { optimiser: new Adam(parameters), schedule: constantRate(1) };
    expect(() => new Trainer(parameters, { ...options, shards: 0 })).toThrow(invalid);
    expect(() => new Trainer(parameters, { ...options, clip: 0 })).toThrow(invalid);
    expect(() => trainer.take(new Float32Array(3), parameters.fixed)).toThrow(invalid);
  });
});

describe('a workspace', () => {
  it('grows to its limit and no further', () => {
    const workspace = new Workspace({ maxMemory: 2 ** 21 });
    const tape = new Tape(workspace);
    const x = tape.input(new Float32Array(2 ** 17).fill(1), [2 ** 17]);
    const limit = expect.objectContaining({ code: 'limit' });
    for (const length of [2 ** 19, 2 ** 28, 2 ** 40]) expect(() => workspace.allocate(length)).toThrow(limit);
    expect(() => Array.from({ length: 9 }, () => square(x))).toThrow(/smaller batches.*maxMemory/i);
    expect(workspace.bytes).toBeLessThanOrEqual(2 ** 21);
    // What failed has taken nothing away.
    tape.reset();
    expect(workspace.busy).toBe(false);
    expect(square(tape.input([3], [1])).copy()[0]).toBe(9);
    tape.reset();
  });

  it('keeps what is reserved below what passes', () => {
    const workspace = new Workspace();
    const kept = workspace.reserve(10);
    workspace.floats(kept, 10).fill(7);
    const tape = new Tape(workspace);
    tape.input([1], [1]);
    expect(workspace.busy).toBe(true);
    expect(() => workspace.reserve(1)).toThrow(/reset\(\)/);
    tape.reset();
    workspace.floats(workspace.allocate(1000), 1000).fill(1);
    workspace.release();
    const next = workspace.reserve(4);
    expect(next).toBeGreaterThan(kept);
    expect([...workspace.floats(next, 4)]).toEqual([0, 0, 0, 0]);
    expect([...workspace.floats(kept, 10)]).toEqual(new Array(10).fill(7));
  });

  it('refuses limits that are none', () => {
    for (const maxMemory of [0, 2 ** 19, 2 ** 32, Number.NaN])
      expect(() => new Workspace({ maxMemory })).toThrow(invalid);
  });
});
