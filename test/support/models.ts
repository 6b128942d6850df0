/** The law that every entropy model is tested with. */
import { expect } from 'vitest';
import type { EntropyModel, Interval, Slots } from '../../src/models/model.ts';
import { randomOf } from './random.ts';

/** A model's symbols are `min` to `max`; with more than `all` of them, that many are drawn. */
export interface ModelSupport {
  readonly min: number;
  readonly max: number;
  readonly all?: number;
  readonly seed?: number;
}

/**
 * Every slot is a unit of its symbol, and that unit's slot is this one: as there are as many units as slots, the units
 * of all symbols tile [0, 2^precision). With 24 bits slots are sampled.
 */
function tiles(model: EntropyModel, slots: Slots): void {
  const at: Interval = { left: -1, probability: -1 };
  const random = randomOf(model.precision);
  const top = 2 ** model.precision;
  for (let i = 0; i < 4096; i++) {
    const slot = model.precision === 12 ? i : i < 16 ? i : i < 32 ? top - 1 - (i & 15) : random(top);
    const symbol = model.symbolAt(slot, at);
    const unit = slots.unitAt(slot);
    if (!(Number.isInteger(unit) && unit >= 0 && unit < at.probability) || slots.slotOf(symbol, unit) !== slot)
      expect.fail(`slot ${slot} is said to be unit ${unit} of symbol ${symbol}, which has ${at.probability}`);
  }
}

/**
 * A model's intervals tile [0, 2^precision), none is empty, `symbolAt` inverts `interval`, a table for the kernels says
 * the same, and symbols outside are refused. Large supports are sampled: neighbours meet, quantiles lie in the interval
 * of their symbol. Models that scatter a symbol's units are held to a bijection between slots and units instead.
 */
export function checkModel(model: EntropyModel, { min, max, all = 600, seed = 1 }: ModelSupport): void {
  const top = 2 ** model.precision;
  const at: Interval = { left: -1, probability: -1 };
  const end = (symbol: number): number => {
    model.interval(symbol, at);
    return at.left + at.probability;
  };
  const table = model.kernel !== undefined && 'table' in model.kernel ? model.kernel : undefined;
  const holds = (symbol: number): void => {
    model.interval(symbol, at);
    const { left, probability } = at;
    if (!(Number.isInteger(left) && Number.isInteger(probability) && left >= 0 && probability >= 1))
      expect.fail(`symbol ${symbol} has the interval ${left}, ${probability}`);
    if (table !== undefined)
      expect([...table.table.subarray(symbol - (table.min ?? 0), symbol - (table.min ?? 0) + 2)]).toEqual([
        left,
        left + probability,
      ]);
    for (const unit of [0, probability - 1, probability >>> 1]) {
      const quantile = model.slots === undefined ? left + unit : model.slots.slotOf(symbol, unit);
      if (model.slots !== undefined && !(Number.isInteger(quantile) && quantile >= 0 && quantile < top))
        expect.fail(`unit ${unit} of symbol ${symbol} is said to be at ${quantile}`);
      if (model.slots !== undefined && model.slots.unitAt(quantile) !== unit)
        expect.fail(
          `unit ${unit} of symbol ${symbol} is at ${quantile}, where there is ${model.slots.unitAt(quantile)}`,
        );
      const found = model.symbolAt(quantile, at);
      if (found !== symbol || at.left !== left || at.probability !== probability)
        expect.fail(
          `${quantile} is ${symbol}'s (${left}, ${probability}), not ${found}'s (${at.left}, ${at.probability})`,
        );
    }
  };

  expect([model.precision === 24 || model.precision === 12, end(max)]).toEqual([true, top]);
  model.interval(min, at);
  expect(at.left).toBe(0);
  const meets = (symbol: number): void => {
    const here = end(symbol);
    model.interval(symbol + 1, at);
    if (at.left !== here) expect.fail(`${symbol} ends at ${here} and ${symbol + 1} starts at ${at.left}`);
  };
  if (max - min < all) {
    for (let symbol = min; symbol <= max; symbol++) holds(symbol);
    for (let symbol = min; symbol < max; symbol++) meets(symbol);
  } else {
    const random = randomOf(seed);
    for (let i = 0; i < all / 4; i++) {
      const symbol = min + random(max - min);
      for (const one of [symbol, symbol + 1, model.symbolAt(random(top), at)]) holds(one);
      meets(symbol);
      const quantile = random(top);
      model.symbolAt(quantile, at);
      if (model.slots === undefined && !(at.left <= quantile && quantile < at.left + at.probability))
        expect.fail(`${quantile} lies outside (${at.left}, ${at.probability})`);
    }
    for (const symbol of [min, min + 1, max - 1, max]) holds(symbol);
  }
  if (model.slots !== undefined) tiles(model, model.slots);
  for (const symbol of [min - 1, max + 1, min + 0.5, Number.NaN, 2 ** 40])
    expect(() => model.interval(symbol, at)).toThrow(expect.objectContaining({ code: 'impossible-symbol' }));
  for (const quantile of [-1, top, 0.5, Number.NaN])
    expect(() => model.symbolAt(quantile, at)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
}
