/**
 * What every door must do alike: one list of operations with inputs and what comes of them, run in order on one workspace.
 * A door gets an operation's name and input and answers with its output, or with the code of its error.
 */
import { expect, test } from 'vitest';
import { operations, type OperationName } from '../../engine/contract.ts';
import { makeWorkspace, type TestWorkspace } from '../support/workspace.ts';

export type Outcome = { readonly output: unknown } | { readonly error: string };

export interface Door {
  call(operation: OperationName, input: Readonly<Record<string, unknown>>): Promise<Outcome>;
}

interface Case {
  readonly operation: OperationName;
  readonly input: Readonly<Record<string, unknown>>;
  /** A part of the output, or the error's code. */
  readonly gives: object | string;
  /** Done to the source before. */
  readonly change?: string;
}

export const CASES: readonly Case[] = [
  { operation: 'discover', input: {}, gives: { entityTypes: [{ name: 'note' }, { name: 'r/s' }] } },
  { operation: 'status', input: {}, gives: { jobs: [], entityTypes: ['note', 'r/s'] } },
  { operation: 'drift', input: { entityType: 'note' }, gives: 'NOT_VALIDATED' },
  { operation: 'search', input: { entityType: 'note', query: 'teapot' }, gives: 'NOT_INDEXED' },
  { operation: 'index', input: { dryRun: true }, gives: { jobs: [], plans: [{ embed: 9 }, { embed: 1 }] } },
  { operation: 'index', input: { entityTypes: ['nodes'] }, gives: 'ENTITY_TYPE_UNKNOWN' },
  { operation: 'index', input: { workers: 65 }, gives: 'INPUT_INVALID' },
  {
    operation: 'index',
    input: { entityTypes: ['note', 'r/s'] },
    gives: { jobs: [{ state: 'completed_with_failures', failed: 1 }, { state: 'completed' }] },
  },
  {
    operation: 'validate',
    input: { entityTypes: ['note'] },
    change: `UPDATE note SET body = 'changed' WHERE id = 1; DELETE FROM note WHERE id = 2`,
    gives: { reports: [{ stale: 1, orphaned: 1, failed: 1 }] },
  },
  { operation: 'validate', input: { entityTypes: ['r/s'] }, gives: { reports: [{ state: 'in_sync' }] } },
  {
    operation: 'check',
    input: { entityTypes: ['note'], failOn: 'stale>0' },
    gives: { broken: [{ entityType: 'note', rule: 'stale>0', found: 1 }] },
  },
  { operation: 'check', input: { failOn: 'nonsense' }, gives: 'POLICY_INVALID' },
  {
    operation: 'drift',
    input: { entityType: 'note', class: 'stale', limit: 5 },
    gives: { items: [{ key: '1', keyValues: [1] }], total: 1, reportId: '3', offset: 0, searched: null },
  },
  {
    operation: 'drift',
    input: { entityType: 'note', offset: 2, limit: 5 },
    gives: { items: [{ key: '2', class: 'orphaned' }], total: 3, offset: 2 },
  },
  {
    operation: 'drift',
    input: { entityType: 'note', query: 'CHANGED' },
    gives: { items: [{ key: '1' }], total: 1, searched: { items: 3, of: 3 } },
  },
  {
    operation: 'entity',
    input: { entityType: 'note', key: '1' },
    gives: {
      class: 'stale',
      source: {
        text: 'changed',
        fields: [
          { name: 'id', value: '1' },
          { name: 'body', value: 'changed' },
        ],
      },
      indexed: { text: 'note number 1 about teapots', chunks: [{ start: 0, end: 27 }], jobId: '1' },
      reported: { class: 'stale' },
      deadLetter: null,
    },
  },
  {
    operation: 'entity',
    input: { entityType: 'note', key: '2' },
    gives: { class: 'orphaned', source: null, sourceError: null },
  },
  {
    operation: 'entity',
    input: { entityType: 'note', key: '3' },
    gives: {
      class: 'failed',
      source: { text: null, error: { code: 'BLOB_NOT_TEXT' }, fields: [{}, { value: '0xff00fe' }] },
      deadLetter: { code: 'BLOB_NOT_TEXT' },
    },
  },
  { operation: 'entity', input: { entityType: 'note', key: 'x' }, gives: { class: 'absent', indexed: null } },
  { operation: 'entity', input: { entityType: 'nodes', key: '1' }, gives: 'ENTITY_TYPE_UNKNOWN' },
  {
    operation: 'fixDrift',
    input: { dryRun: true, entityTypes: ['note'] },
    gives: { plans: [{ delete: 1 }] },
  },
  {
    operation: 'fixDrift',
    input: { dryRun: true, entityTypes: ['note'], keys: ['1'] },
    gives: { plans: [{ stale: 1, orphaned: 0, failed: 0, embed: 1, delete: 0 }] },
  },
  {
    operation: 'fixDrift',
    input: { entityTypes: ['note'], classes: ['stale'] },
    gives: {
      jobs: [{ kind: 'repair', state: 'completed', total: 1, embedded: 1, deleted: 0 }],
      reports: [{ stale: 0, orphaned: 1, failed: 1 }],
    },
  },
  { operation: 'fixDrift', input: { entityTypes: ['note'], keys: ['1', '2'] }, gives: 'KEY_UNKNOWN' },
  { operation: 'fixDrift', input: { keys: ['2'] }, gives: 'USAGE' },
  {
    operation: 'fixDrift',
    input: { maxDeletePercent: 1 },
    gives: { error: { code: 'DELETE_CAP_EXCEEDED' } },
  },
  {
    operation: 'fixDrift',
    input: { entityTypes: ['note'] },
    gives: { jobs: [{ kind: 'repair', deleted: 1 }], reports: [{ stale: 0, orphaned: 0 }] },
  },
  {
    operation: 'deadLetters',
    input: { entityType: 'note' },
    gives: { total: 1, items: [{ key: '3', stage: 'render' }] },
  },
  {
    operation: 'deadLetters',
    input: { entityType: 'note', stage: 'embed', groups: true },
    gives: { total: 0, groups: [{ stage: 'render', count: 1 }] },
  },
  {
    operation: 'retry',
    input: { target: 'note', keys: ['3'] },
    gives: { jobs: [{ kind: 'retry', failed: 1 }] },
  },
  {
    operation: 'exclude',
    input: { entityType: 'note', keys: ['3'], reason: 'never mind' },
    gives: { items: [{ excluded: { reason: 'never mind' } }] },
  },
  {
    operation: 'include',
    input: { entityType: 'note', keys: ['3'] },
    gives: { items: [{ excluded: null }] },
  },
  { operation: 'include', input: { entityType: 'note', keys: ['99'] }, gives: 'KEY_UNKNOWN' },
  {
    operation: 'search',
    input: { entityType: 'note', query: 'doubles & co?', k: 1, mode: 'text' },
    gives: {
      hits: [
        {
          key: '9007199254740993',
          keyValues: [9_007_199_254_740_993n],
          chunk: { start: 0, end: 39 },
          matches: [
            [18, 25],
            [37, 39],
          ],
        },
      ],
    },
  },
  { operation: 'search', input: { entityType: 'r/s', query: 'harbour' }, gives: { hits: [{ key: '1' }] } },
  {
    operation: 'rebuild',
    input: { entityType: 'r/s' },
    gives: { jobs: [{ kind: 'rebuild', state: 'completed' }] },
  },
  { operation: 'jobs', input: { limit: 1 }, gives: { jobs: [{ kind: 'rebuild' }], more: true } },
  {
    operation: 'jobs',
    input: { states: ['failed', 'interrupted'] },
    gives: { jobs: [{ kind: 'repair', entityType: 'note' }], more: false },
  },
  {
    operation: 'jobs',
    input: { kind: 'index', before: '4' },
    gives: {
      jobs: [
        { id: '2', kind: 'index' },
        { id: '1', kind: 'index' },
      ],
    },
  },
  { operation: 'jobs', input: { before: '4711' }, gives: 'JOB_UNKNOWN' },
  {
    operation: 'audit',
    input: { job: '1', limit: 2 },
    gives: {
      job: { id: '1', kind: 'index' },
      options: {},
      recipe: { model: { name: 'builtin' }, recipe: { template: '{{body}}' } },
      generation: { number: 1, state: 'serving', previous: null },
      events: [{ state: 'queued' }, { state: 'running' }, { state: 'completed_with_failures', error: null }],
      changes: {
        records: 'kept',
        added: 8,
        changed: 0,
        removed: 0,
        items: [
          { key: '1', change: 'added' },
          { key: '2', change: 'added' },
        ],
      },
    },
  },
  { operation: 'audit', input: { job: '4711' }, gives: 'JOB_UNKNOWN' },
  {
    operation: 'history',
    input: { entityType: 'note', limit: 2 },
    gives: { reports: [{ orphaned: 1 }, { orphaned: 0, state: 'drifted' }] },
  },
  {
    operation: 'engine',
    input: {},
    gives: { source: { name: 'source', kind: 'sqlite', reachable: true, error: null }, jobsRunning: 0 },
  },
  { operation: 'status', input: { job: '1' }, gives: { jobs: [{ id: '1', kind: 'index' }] } },
  { operation: 'status', input: { job: '4711' }, gives: 'JOB_UNKNOWN' },
  { operation: 'rollback', input: { job: '1' }, gives: 'ROLLBACK_CONFLICT' },
  { operation: 'resume', input: { job: '1' }, gives: 'NOT_RESUMABLE' },
  { operation: 'pause', input: { job: '1' }, gives: 'NOT_RUNNING' },
  { operation: 'cancel', input: { job: '1' }, gives: 'NOT_RUNNING' },
  { operation: 'compact', input: { dryRun: true }, gives: { dryRun: true, graphs: [] } },
  {
    operation: 'doctor',
    input: {},
    gives: { checks: expect.arrayContaining([expect.objectContaining({ name: 'source', ok: true })]) },
  },
];

/** Runs all cases through a door, and returns what came of each, without times. */
export async function runCases(open: (workspace: TestWorkspace) => Promise<Door>): Promise<unknown[]> {
  const workspace = await makeWorkspace((db) => {
    db.exec(`CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT);
      CREATE TABLE "r/s" (id INTEGER PRIMARY KEY, body TEXT);
      INSERT INTO "r/s" VALUES (1, 'a lighthouse above the harbour')`);
    const insert = db.prepare('INSERT INTO note VALUES (?, ?)');
    for (let id = 1; id <= 8; id += 1)
      insert.run(id, id === 3 ? Buffer.from([255, 0, 254]) : `note number ${id} about teapots`);
    insert.run(9_007_199_254_740_993n, 'a key beyond what doubles can hold & co');
  });
  const door = await open(workspace);
  const outcomes: unknown[] = [];
  for (const { operation, input, gives, change } of CASES) {
    if (change !== undefined) workspace.change((db) => db.exec(change));
    const outcome = await door.call(operation, input);
    const label = `${operation} ${JSON.stringify(input)} gave ${String('error' in outcome ? outcome.error : 'an output')}`;
    if (typeof gives === 'string') {
      expect(outcome, label).toEqual({ error: gives });
    } else {
      expect(outcome, label).toHaveProperty('output');
      const { output } = outcome as { output: unknown };
      expect(operations[operation].output.strict().parse(output), label).toMatchObject(gives);
    }
    outcomes.push(timeless(outcome));
  }
  return outcomes;
}

/** Everything but times, sizes on disk, and words about this machine. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null) return value;
  const ofProcess = /^at$|At$|Ms$|^detail$|[bB]ytes|^pid$|^threads$|^workspace$/;
  const kept = Object.entries(value).filter(([name]) => !ofProcess.test(name));
  return Object.fromEntries(kept.map(([name, item]) => [name, timeless(item)]));
}

test('the cases cover every operation of the contract', () => {
  expect([...new Set(CASES.map(({ operation }) => operation))].toSorted()).toEqual(
    Object.keys(operations).toSorted(),
  );
});
