/**
 * Ends a run with what it did not do: one line per reason for skipped tests, and as the very last line the totals, in
 * a form that a script can read: `tests: N passed, N failed, N skipped`.
 */
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Test files that could not even be loaded count as a failed test: a broken import must not read as success. */
export class SummaryReporter implements Reporter {
  #summary = '';

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const failed = tests.filter((test) => test.result().state === 'failed').length + broken;
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const lines = [
      ...skipLines(skipped),
      ...(unhandledErrors.length > 0 ? [`errors outside of tests: ${unhandledErrors.length}`] : []),
      `tests: ${passed} passed, ${failed + unhandledErrors.length} failed, ${skipped.length} skipped`,
    ];
    if (this.#summary === '') {
      // After the other reporters, which write at the same event or a little later. In watch mode, the last run counts.
      process.once('exit', () => process.stdout.write(this.#summary));
    }
    this.#summary = `\n${lines.join('\n')}\n`;
  }
}

/** `skipped 4: <reason>`, one line per reason. */
function skipLines(skipped: readonly TestCase[]): string[] {
  const counts = new Map<string, number>();
  for (const reason of skipped.map(reasonOf)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `skipped ${count}: ${reason}`);
}

/** Given to `context.skip`, or in the name of the test or its suite: `… (skipped: reason)`. */
function reasonOf(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return note ?? /\(skipped:? (.*?)\)(?: > |$)/.exec(test.fullName)?.[1] ?? 'no reason given';
}
