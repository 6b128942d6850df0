import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromium, chromiumArguments } from './scripts/chromium.mjs';
import { PlainSummary } from './test/reporter.ts';

const slow = 'test/**/*.slow.test.ts';
const nodeOnly = 'test/**/*.node.test.ts';

export default defineConfig({
  test: {
    reporters: ['default', new PlainSummary()],
    // Every processor: coding keeps each of them busy for long.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [slow],
          environment: 'node',
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: [slow],
          environment: 'node',
          testTimeout: 1_800_000,
        },
      },
      {
        // Known beforehand: what is found while the tests run makes the page load again.
        optimizeDeps: {
          include: ['crc-32/crc32c.js', '@noble/hashes/sha2.js', 'fast-check', '@rgrove/parse-xml', 'fflate', 'pako'],
        },
        test: {
          name: 'browser',
          include: ['test/**/*.test.ts'],
          exclude: [slow, nodeOnly],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: chromium(), args: chromiumArguments } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
