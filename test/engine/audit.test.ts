/** Audit trails: what jobs went through and changed, as far as it is kept. */
import { expect, test } from 'vitest';
import { renderAudit } from '../../engine/doors/cli/render/audit.ts';
import { differentTexts, makeNotes, unrenderable } from '../support/notes.ts';
import { beforeCall, only } from '../support/observe.ts';
import type { TestEngine } from '../support/workspace.ts';

const audit = (engine: TestEngine, job: string, page: object = {}) => engine.run('audit', { job, ...page });

test('what was added, changed and removed is told of each job, whatever later ones did', async () => {
  const notes = await makeNotes(differentTexts(10));
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 1: 'changed', 11: 'new' });
  notes.remove(2);
  await engine.run('fixDrift', { maxDeletePercent: 100 });
  await engine.run('rollback', { job: '2' });
  expect((await audit(engine, '1')).changes).toMatchObject({
    records: 'kept',
    added: 10,
    changed: 0,
    removed: 0,
  });
  expect((await audit(engine, '2')).changes).toMatchObject({
    ...{ added: 1, changed: 1, removed: 1 },
    items: [
      { key: '1', change: 'changed' },
      { key: '2', change: 'removed' },
      { key: '11', change: 'added' },
    ],
  });
  const rollback = await audit(engine, '3');
  expect(rollback).toMatchObject({
    job: { kind: 'rollback', ofJob: '2' },
    recipe: { model: { name: './tiny' } },
  });
  expect(rollback.options).not.toHaveProperty('ofJob');
  expect(rollback.changes).toMatchObject({ added: 1, changed: 1, removed: 1 });
  const pages = await Promise.all([0, 1, 2, 3].map((offset) => audit(engine, '2', { offset, limit: 1 })));
  expect(pages.map(({ changes }) => changes.items.map(({ key }) => key))).toEqual([['1'], ['2'], ['11'], []]);
});

test('each attempt is told: when, by which process, and why it stopped', async () => {
  const notes = await makeNotes([...differentTexts(600), unrenderable]);
  const engine = notes.open();
  const stop = new AbortController();
  const { thread } = await engine.engine.source();
  const restore = beforeCall(thread, 'scan', (nth) => nth === 2 && stop.abort(new Error('stop')));
  const { jobs } = await engine.run('index', {}, { signal: stop.signal });
  restore();
  const { id } = only(jobs);
  await engine.run('resume', { job: id });
  const trail = await audit(engine, id);
  const states = ['queued', 'running', 'interrupted', 'running', 'completed_with_failures'];
  expect(trail.events.map(({ state }) => state)).toEqual(states);
  expect(trail.events.map(({ at }) => at)).toEqual(trail.events.map(({ at }) => at).toSorted());
  expect(trail.events[2]).toMatchObject({ pid: process.pid, error: { code: 'INTERRUPTED' } });
  expect(trail).toMatchObject({ deadLetters: 1, warnings: [], changes: { added: 600 } });
  await engine.run('exclude', { entityType: 'note', keys: ['601'], reason: 'known' });
  expect((await audit(engine, id)).warnings).toEqual([
    expect.stringMatching(/^Of the 1 entities that failed/),
  ]);
});

test('what is no longer kept, or was never, is said and not made up', async () => {
  const notes = await makeNotes(differentTexts(10));
  const engine = notes.open();
  await engine.run('index');
  await engine.run('rebuild', { entityType: 'note' });
  await engine.run('validate');
  const rebuild = await audit(engine, '2');
  expect(rebuild).toMatchObject({
    generation: { state: 'serving', previous: 1 },
    changes: { records: 'none', added: null, changed: null, removed: null, items: [] },
  });
  expect((await audit(engine, '3')).changes).toMatchObject({ records: 'none' });
  const write = engine.engine.writable();
  write.transaction(() => write.pruning.forgetUndo(1));
  const pruned = await audit(engine, '1');
  expect(pruned.changes).toMatchObject({ records: 'pruned', added: null, items: [] });
  expect(pruned.warnings).toEqual([expect.stringContaining('beyond retention')]);
  const plain = {
    style: (_style: string, text: string) => text,
    withCommands: (text: string) => text,
    command: (text: string) => text,
  };
  const lines = renderAudit(rebuild, plain as unknown as Parameters<typeof renderAudit>[1]).join('\n');
  expect(lines).toMatch(/generation 2 \(serving\), in the place of 1[^]*what it went through:/);
});
