/** The worked example of bits-back coding with inference and quantisation, with the figures that it prints. */
import { expect, it } from 'vitest';
import { sideInformation } from '../examples/side-information.ts';

it('side information pays for the levels, and a refined posterior stays where it is', () => {
  const lines: string[] = [];
  const { costs, chain, ans } = sideInformation((line) => lines.push(line));
  expect(lines).toEqual([
    'Bits for 2,400 readings; the side information comes back whole.',
    'steps a unit   levels written   quick posterior   thorough posterior      ideal',
    '           1            11036             10819                10799      10771',
    '           4            11419             10820                10791      10771',
    '          16            11818             10804                10775      10771',
    'ChainCoder: refining one posterior changes 1 of 200 levels; refining all saves 26.8 bits, and one by one it looks like 26.8.',
    'AnsCoder: refining one posterior changes 175 of 200 levels; refining all saves 23.3 bits, and one by one it looks like -35.2.',
  ]);
  for (const { written, quick, thorough, ideal } of costs) {
    // Inference on every place is Bayes' rule but for the rounding of readings; the quick one is a Gaussian.
    expect(thorough / ideal).toBeLessThan(1.003);
    expect(quick / ideal).toBeLessThan(1.005);
    expect(written).toBeGreaterThan(quick);
  }
  // A finer grid costs who writes levels down two bits a level, and bits-back coding nothing.
  expect(costs[2].written - costs[1].written).toBeGreaterThan(1.9 * 200);
  expect(costs[2].thorough).toBeLessThanOrEqual(costs[1].thorough);
  expect(chain.apart).toBeCloseTo(chain.together, 6);
  expect(Math.abs(ans.apart - ans.together)).toBeGreaterThan(10);
});
