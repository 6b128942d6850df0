/** The worked example of bits-back coding with networks. */
import { describe, expect, it } from 'vitest';
import { chain, drawings, heights, imageCodec, precisions, randomStack, train } from '../examples/bits-back.ts';

describe('an autoencoder of drawings', () => {
  const model = train({ steps: 150 });
  const images = drawings(60, 7);

  it('learns', () => {
    expect(model.curve[0]).toBeGreaterThan(90);
    expect(model.bound(images)).toBeLessThan(60);
  });

  it('is the same when it is trained again', () => {
    expect(train({ steps: 150 }).curve).toEqual(model.curve);
  });

  it('codes a chain at its bound, and all comes back', () => {
    const stack = randomStack(8);
    const before = stack.getCompressed();
    const start = stack.exactBits();
    const codec = imageCodec(model);
    for (const image of images) codec.push(stack, image);
    const net = (stack.exactBits() - start) / images.length;
    expect(Math.abs(net - model.bound(images))).toBeLessThan(3);
    for (const image of [...images].reverse()) expect(codec.pop(stack)).toEqual(image);
    expect(stack.getCompressed()).toEqual(before);
  });

  it('pops, pushes, pushes', () => {
    const { steps } = chain(model, images.slice(0, 3));
    expect(steps.map(({ what }) => what)).toEqual([
      'pop z',
      'push x',
      'push z',
      'pop z',
      'push x',
      'push z',
      'pop z',
      'push x',
      'push z',
    ]);
    for (let i = 2; i < 9; i += 3) expect(steps[i].bits - steps[i - 1].bits).toBeCloseTo(60, 4);
  });

  it('costs as much with fine latents as with finer ones', () => {
    const [coarse, fine, finer] = precisions(model, images, [1, 8, 12]).map(({ net }) => Number(net));
    expect(Math.abs(fine - finer)).toBeLessThan(1.5);
    expect(coarse).toBeGreaterThan(fine + 2);
  });
});

it('a hierarchy goes less deep in turns, and ends as high', () => {
  const [all, turns] = (['bb-ans', 'bit-swap'] as const).map((order) => heights(order, 4).map(({ bits }) => bits));
  expect(Math.min(...all)).toBeLessThan(2.5 * Math.min(...turns));
  expect(all.at(-1)).toBeCloseTo(turns.at(-1)!, 1);
});
