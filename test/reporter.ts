import type { Reporter, TestModule } from 'vitest/node';

/** Ends the log in one plain line that a script can read, after the names of what was skipped. */
export class PlainSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandled.length;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'skipped') console.log(`skipped: ${test.fullName}${note(test.result())}`);
        else failed++;
      }
    }
    console.log(`${passed} passed, ${failed} failed`);
  }
}

function note(result: object): string {
  return 'note' in result && typeof result.note === 'string' ? ` (${result.note})` : '';
}
