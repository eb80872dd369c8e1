/** What every verb prints with `--json`, held against the contract's own schemas. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  discoveredTypeSchema,
  operations,
  sourceSummarySchema,
  type OperationName,
} from '../../engine/contract.ts';
import { documentOf, plumbline, type CliResult } from '../support/cli.ts';
import { makeWorkspace } from '../support/workspace.ts';

const initSchema = z.strictObject({
  workspace: z.string(),
  source: sourceSummarySchema,
  entityTypes: z.array(discoveredTypeSchema),
});

/** Parses standard output, whole, as an operation's output without a field that the contract does not know. */
function outputOf(result: CliResult, name: OperationName): Record<string, unknown> {
  return operations[name].output.strict().parse(documentOf(result)) as Record<string, unknown>;
}

test('each verb prints one document that fits, tells people on standard error, and ends as the table says', async () => {
  const workspace = await makeWorkspace((db) => {
    db.exec(`CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)`);
    const insert = db.prepare('INSERT INTO note VALUES (?, ?)');
    for (let id = 1; id <= 8; id += 1) insert.run(id, `note number ${id} about teapots`);
    insert.run(9_007_199_254_740_993n, 'a key beyond what doubles can hold');
  });
  const run = (...args: string[]): Promise<CliResult> =>
    plumbline([...args, '--json'], { cwd: workspace.folder });

  const init = await run('init', '--source', 'source.sqlite', '-w', 'other');
  expect(initSchema.parse(documentOf(init))).toMatchObject({
    workspace: join(workspace.folder, 'other'),
    source: { name: 'source', kind: 'sqlite' },
    entityTypes: [{ name: 'note', selected: true, rows: 9 }],
  });
  expect(init.err).toContain('is ready');

  const discover = await run('discover');
  expect(outputOf(discover, 'discover')).toMatchObject({ entityTypes: [{ name: 'note' }] });

  const dry = await run('index', '--dry-run');
  expect(outputOf(dry, 'index')).toMatchObject({ jobs: [], plans: [{ embed: 9, missing: 9 }] });

  const index = await run('index');
  expect(outputOf(index, 'index')).toMatchObject({ jobs: [{ state: 'completed', embedded: 9 }] });
  expect(index).toMatchObject({ code: 0, err: expect.stringContaining('9 rows read, 9 embedded') });

  workspace.change((db) =>
    db.exec(`UPDATE note SET body = 'changed' WHERE id = 1; DELETE FROM note WHERE id = 2`),
  );
  const validate = await run('validate');
  expect(outputOf(validate, 'validate')).toMatchObject({ reports: [{ stale: 1, orphaned: 1 }] });
  expect(validate).toMatchObject({ code: 3, err: expect.stringMatching(/DRIFTED/) });

  const check = await run('check', '--fail-on', 'missing>0');
  expect(outputOf(check, 'check')).toMatchObject({ reports: [{ state: 'drifted' }], broken: [] });
  expect(check.code).toBe(0);

  const drift = await run('drift', 'note', '--class', 'stale');
  expect(outputOf(drift, 'drift')).toMatchObject({ items: [{ key: '1', keyValues: [1] }], total: 1 });
  expect(drift.code).toBe(0);

  const fix = await run('fix-drift');
  expect(outputOf(fix, 'fixDrift')).toMatchObject({
    jobs: [{ kind: 'repair', state: 'completed', deleted: 1 }],
    reports: [{ state: 'in_sync' }],
  });
  expect(fix.code).toBe(0);

  const retry = await run('retry', 'note');
  expect(outputOf(retry, 'retry')).toMatchObject({ jobs: [{ kind: 'retry', state: 'completed' }] });

  const status = await run('status');
  expect(outputOf(status, 'status')).toMatchObject({ entityTypes: ['note'], jobs: [{ kind: 'retry' }] });
  const statusOfJob = await run('status', '1');
  expect(outputOf(statusOfJob, 'status')).toMatchObject({ jobs: [{ id: '1', kind: 'index' }] });

  const jobs = await run('jobs', '--limit', '2');
  expect(outputOf(jobs, 'jobs')).toMatchObject({ jobs: [{ kind: 'retry' }, { kind: 'repair' }] });

  const letters = await run('dead-letters');
  expect(outputOf(letters, 'deadLetters')).toEqual({ items: [], total: 0 });

  const search = await run('search', 'note', 'doubles', '--mode', 'text');
  expect(outputOf(search, 'search')).toMatchObject({
    hits: [{ key: '9007199254740993', keyValues: [9_007_199_254_740_993n] }],
  });
  expect(search.out).toContain('"keyValues": [\n        9007199254740993\n');

  const doctor = await run('doctor');
  expect(outputOf(doctor, 'doctor')).toMatchObject({
    checks: expect.arrayContaining([expect.objectContaining({ name: 'source', ok: true })]),
  });

  const all = {
    init,
    discover,
    dry,
    index,
    validate,
    check,
    drift,
    fix,
    retry,
    status,
    jobs,
    letters,
    search,
    doctor,
  };
  for (const [verb, result] of Object.entries(all)) expect(result.err, verb).not.toBe('');
});

test('without --json people get the result on standard output, and nothing on standard error', async () => {
  const workspace = await makeWorkspace((db) => {
    db.exec(`CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO note VALUES (1, 'a teapot')`);
  });
  const index = await plumbline(['index'], { cwd: workspace.folder });
  expect(index).toMatchObject({ code: 0, err: '', out: expect.stringContaining('✓ index note  completed') });
  const search = await plumbline(['search', 'note', 'teapot'], { cwd: workspace.folder });
  expect(search).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringMatching(/^1\. {2}0\.\d{4} {2}1 {2}a teapot\n$/),
  });
});

test('dead letters end with 4, and a second validation still says so', async () => {
  const workspace = await makeWorkspace((db) => {
    db.exec(`CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO note VALUES (1, 'a teapot');
      INSERT INTO note VALUES (2, x'ff00fe')`);
  });
  const index = await plumbline(['index', '--json'], { cwd: workspace.folder });
  expect(outputOf(index, 'index')).toMatchObject({ jobs: [{ state: 'completed_with_failures', failed: 1 }] });
  expect(index.code).toBe(4);
  expect(index.err).toContain('plumbline dead-letters note');
  const letters = await plumbline(['dead-letters', 'note', '--json'], { cwd: workspace.folder });
  expect(outputOf(letters, 'deadLetters')).toMatchObject({
    total: 1,
    items: [{ key: '2', stage: 'render' }],
  });
  const validate = await plumbline(['validate', '--json'], { cwd: workspace.folder });
  expect(outputOf(validate, 'validate')).toMatchObject({ reports: [{ failed: 1 }] });
  expect(validate.code).toBe(3);
});
