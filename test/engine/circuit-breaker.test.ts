import { describe, expect, test } from 'vitest';
import { CircuitBreaker } from '../../engine/jobs/circuit-breaker.ts';
import { makeNotes } from '../support/notes.ts';
import { catalogNumber, expectCountsAddUp, expectInSync, only } from '../support/observe.ts';

const model = { stage: 'embed', code: 'MODEL_RUN_FAILED', message: 'no' };
const text = { stage: 'embed', code: 'TEXT_TOO_LONG', message: 'too long' };
const row = { stage: 'render', code: 'BLOB_NOT_TEXT', message: 'bytes' };

function opens(attempts: readonly (typeof model | 'ok')[]): number | null {
  const breaker = new CircuitBreaker();
  for (const [i, attempt] of attempts.entries()) {
    if (attempt === 'ok') breaker.succeeded();
    else breaker.failed(attempt);
    try {
      breaker.check('note');
    } catch (error) {
      expect(error).toMatchObject({ code: 'MODEL_FAILING', retryable: true, exitCode: 5 });
      return i + 1;
    }
  }
  return null;
}

/** `count` attempts, the failure at every n-th. */
const every = (n: number, count: number, failure = model): (typeof model | 'ok')[] =>
  Array.from({ length: count }, (_, i) => (i % n === 0 ? failure : 'ok'));

describe('the circuit breaker opens', () => {
  test('after a hundred failures in a row with one code', () => {
    expect(opens(every(1, 200))).toBe(100);
    expect(opens([...every(1, 99), 'ok', ...every(1, 99)])).toBeNull();
    const changing = Array.from({ length: 300 }, (_, i) => ({ ...text, code: i % 2 ? text.code : 'OTHER' }));
    expect(opens(changing)).toBeNull();
  });

  test('when half of the last 400 failed by the fault of the model, and not before 400', () => {
    expect(opens(every(2, 399))).toBeNull();
    expect(opens(every(2, 1000))).toBe(400);
    expect(opens(every(3, 5000))).toBeNull();
  });

  test('on the recent past, however long it went well before', () => {
    const opened = opens([...every(1000, 10_000), ...every(2, 1000)]);
    expect(opened).toBeGreaterThan(10_300);
    expect(opened).toBeLessThanOrEqual(10_400);
  });

  test('not over texts that no model takes, nor over rows that cannot be read', () => {
    expect(opens(every(2, 2000, text))).toBeNull();
    expect(opens(every(1, 2000, row))).toBeNull();
  });
});

test('a model that fails on every other text interrupts the job; mended, resume does the rest', async () => {
  const bodies = Array.from({ length: 1600 }, (_, i) => (i % 2 === 0 ? `poison ${i}` : `book ${i}`));
  const notes = await makeNotes(bodies, { poison: 'poison' });
  const engine = notes.open();
  const job = only((await engine.run('index')).jobs);
  expect(job).toMatchObject({
    state: 'interrupted',
    error: { code: 'MODEL_FAILING', message: expect.stringMatching(/of the last 400 texts/) },
  });
  expectCountsAddUp(job);
  expect(job.processed).toBeLessThan(1600);
  notes.change((db) => db.exec(`UPDATE note SET body = replace(body, 'poison', 'number')`));
  expect(only((await engine.run('resume', { job: job.id })).jobs)).toMatchObject({
    state: 'completed',
    processed: 1600,
    failed: 0,
  });
  expect(catalogNumber(notes.folder, 'SELECT count(*) FROM dead_letter')).toBe(0);
  await expectInSync(engine);
});
