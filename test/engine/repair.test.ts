import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diskFull } from '../../engine/file-errors.ts';
import { differentTexts, makeNotes, unrenderable, type Notes } from '../support/notes.ts';
import {
  atSourceCall,
  catalogBytes,
  catalogNumber,
  driftOf,
  expectInSync,
  expectLabelsAgree,
  indexedContent,
  only,
  validate,
} from '../support/observe.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import type { TestEngine } from '../support/workspace.ts';

const TEXTS = differentTexts(20);

/** Twenty indexed notes of which one is missing, two are stale and three orphaned: 15 % deletions. */
async function drifted(): Promise<{ notes: Notes; engine: TestEngine }> {
  const notes = await makeNotes(TEXTS);
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 1: 'first new text', 2: 'second new text', 21: 'a new row' });
  notes.remove(18, 19, 20);
  return { notes, engine };
}

test('a dry run is the plan: what, how many, tokens, and nothing is written', async () => {
  const { notes, engine } = await drifted();
  const before = catalogBytes(notes.folder);
  const { jobs, plans } = await engine.run('fixDrift', { dryRun: true });
  expect(jobs).toEqual([]);
  const plan = only(plans);
  expect(plan).toMatchObject({
    kind: 'repair',
    source: 18,
    missing: 1,
    stale: 2,
    orphaned: 3,
    outdated: 0,
    failed: 0,
    embed: 3,
    delete: 3,
    deletePercent: 15,
    maxDeletePercent: 20,
    chunks: 3,
  });
  expect(plan.tokens).toBeGreaterThan(9);
  expect(plan.estimatedMs).toBeGreaterThan(0);
  expect(catalogBytes(notes.folder).equals(before)).toBe(true);
});

test('does what the plan says, validates, and is in sync', async () => {
  const { engine } = await drifted();
  const { jobs, reports } = (await engine.run('fixDrift')) as { jobs: unknown[]; reports?: unknown[] };
  expect(jobs).toMatchObject([
    { kind: 'repair', state: 'completed', total: 6, processed: 6, embedded: 3, deleted: 3, failed: 0 },
  ]);
  expect(reports).toMatchObject([{ state: 'in_sync', source: 18, indexed: 18, snapshot: true }]);
  await expectInSync(engine);
  expect(await expectLabelsAgree(engine)).toBe(18);
});

describe('the deletion cap', () => {
  test('more deletions than agreed are refused, with the command that agrees, and nothing is written', async () => {
    const { notes, engine } = await drifted();
    notes.remove(17, 16);
    const before = indexedContent(notes.folder);
    const job = only((await engine.run('fixDrift')).jobs);
    expect(job).toMatchObject({
      state: 'failed',
      deleted: 0,
      embedded: 0,
      error: { code: 'DELETE_CAP_EXCEEDED', hint: expect.stringContaining('--max-delete 25%') },
    });
    expect(indexedContent(notes.folder)).toEqual(before);
    expect(await driftOf(engine)).toMatchObject({ orphaned: ['16', '17', '18', '19', '20'] });

    expect(only((await engine.run('fixDrift', { maxDeletePercent: 25 })).jobs)).toMatchObject({
      state: 'completed',
      deleted: 5,
    });
    await expectInSync(engine);
  });

  test('an empty source is refused like that, and so is a cap of zero', async () => {
    const notes = await makeNotes(TEXTS);
    const engine = notes.open();
    await engine.run('index');
    const before = indexedContent(notes.folder);
    notes.remove(...TEXTS.map((_, i) => i + 1));
    expect(only((await engine.run('fixDrift')).jobs)).toMatchObject({
      error: { code: 'DELETE_CAP_EXCEEDED', message: expect.stringContaining('20 of 20') },
    });
    expect(indexedContent(notes.folder)).toEqual(before);
    notes.put(Object.fromEntries(TEXTS.slice(1).map((text, i) => [i + 2, text])));
    expect(only((await engine.run('fixDrift', { maxDeletePercent: 0 })).jobs)).toMatchObject({
      error: { code: 'DELETE_CAP_EXCEEDED' },
    });
    expect(indexedContent(notes.folder)).toEqual(before);

    notes.remove(...TEXTS.map((_, i) => i + 1));
    expect(only((await engine.run('fixDrift', { maxDeletePercent: 100 })).jobs)).toMatchObject({
      state: 'completed',
      deleted: 20,
    });
    expect(await expectLabelsAgree(engine)).toBe(0);
    await expectInSync(engine);
    const { hits } = await engine.run('search', { entityType: 'note', query: 'book' });
    expect(hits).toEqual([]);
  });
});

describe('rows that come back', () => {
  test('between validation and deletion they are not deleted, and are indexed as they are now', async () => {
    const { notes, engine } = await drifted();
    // The last question before deletion is asked by checksum.
    await atSourceCall(engine, 'checksums', 1, () =>
      notes.put({ 18: TEXTS[17] ?? '', 19: 'back with another text' }),
    );
    const job = only((await engine.run('fixDrift')).jobs);
    expect(job).toMatchObject({ state: 'completed', deleted: 1 });
    await expectInSync(engine);
    expect(catalogNumber(notes.folder, `SELECT count(*) FROM entity WHERE document LIKE 'back%'`)).toBe(1);
  });

  test('rows that go while they are repaired are no failures', async () => {
    const { notes, engine } = await drifted();
    // Documents are read for the candidates of the scan, for those of the orphans, and then by the repair itself.
    let removed = false;
    await atSourceCall(engine, 'documents', 3, () => {
      notes.remove(1);
      removed = true;
    });
    const job = only((await engine.run('fixDrift')).jobs);
    expect(removed).toBe(true);
    expect(job).toMatchObject({ state: 'completed', failed: 0 });
    await validate(engine);
    expect(await driftOf(engine)).toEqual({ orphaned: ['1'] });
  });
});

test('what a repair cannot mend is explained by dead letters', async () => {
  const { notes, engine } = await drifted();
  notes.put({ 5: unrenderable, 22: unrenderable });
  const job = only((await engine.run('fixDrift')).jobs);
  expect(job).toMatchObject({ state: 'completed_with_failures', failed: 2, deleted: 3 });
  expect(await validate(engine)).toMatchObject({ failed: 2, missing: 0, stale: 0, orphaned: 0 });
  // Once mended in the source, the next repair clears them.
  notes.put({ 5: 'mended' });
  notes.remove(22);
  expect(only((await engine.run('fixDrift')).jobs)).toMatchObject({ state: 'completed' });
  expect(await engine.run('deadLetters')).toEqual({ items: [], total: 0 });
  await expectInSync(engine);
});

test('a repair of a type that was never indexed indexes it', async () => {
  const notes = await makeNotes(TEXTS);
  const engine = notes.open();
  expect(only((await engine.run('fixDrift')).jobs)).toMatchObject({ state: 'completed', embedded: 20 });
  await expectInSync(engine);
});

test('in sync, a repair changes nothing', async () => {
  const notes = await makeNotes(TEXTS);
  const engine = notes.open();
  await engine.run('index');
  const before = indexedContent(notes.folder);
  expect(only((await engine.run('fixDrift')).jobs)).toMatchObject({ state: 'completed', processed: 0 });
  expect(indexedContent(notes.folder)).toEqual(before);
});

describe('interrupted', () => {
  const COUNT = 700;

  /** Every row stale, a few orphaned, one missing; interrupted before the n-th source call of that name. */
  async function interruptedAt(call: string, nth: number) {
    const notes = await makeNotes(differentTexts(COUNT));
    const engine = notes.open();
    await engine.run('index');
    notes.change((db) => db.exec(`UPDATE note SET body = body || ' again'`));
    notes.remove(600, 601, 602);
    notes.put({ 900: 'a new row' });
    const interrupt = new AbortController();
    const stop = await atSourceCall(engine, call, nth, () => interrupt.abort());
    const job = only((await engine.run('fixDrift', {}, { signal: interrupt.signal })).jobs);
    stop();
    expect(job).toMatchObject({ state: 'interrupted', error: { code: 'INTERRUPTED' } });
    const phase = engine.engine.catalog.jobs.get(Number(job.id))?.phase;
    return { notes, engine, job, phase };
  }

  async function expectRepaired(engine: TestEngine, id: string): Promise<void> {
    const job = only((await engine.run('resume', { job: id })).jobs);
    expect(job).toMatchObject({
      state: 'completed',
      processed: COUNT + 1,
      embedded: COUNT - 2,
      deleted: 3,
      unchanged: 0,
      failed: 0,
    });
    await expectInSync(engine);
  }

  test('while it validates, it validates again', async () => {
    const { engine, job, phase } = await interruptedAt('scan', 1);
    expect(phase).toBeNull();
    await expectRepaired(engine, job.id);
  });

  test('while it repairs, it goes on where it was', async () => {
    // The validation reads its candidates again, and the orphans, before the repair reads its own, 256 at once.
    const { engine, job, phase } = await interruptedAt('documents', 4);
    expect(phase).toBe('repairing');
    expect(job.embedded).toBe(256);
    await expectRepaired(engine, job.id);
  });

  test('killed behind its second report, which took the first one’s items away, it starts over', async () => {
    const { notes, engine, job } = await interruptedAt('proveKey', 2);
    notes.put({ 901: 'drift that came after the repair' });
    const { jobs } = engine.engine.writable();
    const { finish } = jobs;
    jobs.finish = () => {
      jobs.finish = finish;
      throw new Error('the process ends here');
    };
    await engine.run('resume', { job: job.id });
    jobs.interruptRunning();
    expect(only((await engine.run('resume', { job: job.id })).jobs)).toMatchObject({ state: 'completed' });
    await expectInSync(engine);
  });

  test('while it verifies, it verifies again', async () => {
    const { engine, job, phase } = await interruptedAt('proveKey', 2);
    expect(phase).toBe('verifying');
    await expectRepaired(engine, job.id);
  });

  test('after a validation took its report away, it starts over instead of claiming success', async () => {
    const { notes, engine, job } = await interruptedAt('documents', 4);
    expect(await validate(engine)).toMatchObject({ stale: COUNT - 3 - 256, orphaned: 3, missing: 1 });
    notes.put({ 1: 'changed meanwhile' });
    const resumed = only((await engine.run('resume', { job: job.id })).jobs);
    expect(resumed).toMatchObject({ state: 'completed', deleted: 3 });
    await expectInSync(engine);
  });
});

test('takes over the new index that an interrupted job left, and counts only what it writes', async () => {
  const notes = await makeNotes(differentTexts(2500));
  await notes.run('index');
  writeTinyModel(join(notes.folder, 'other'), { seed: 2 });
  notes.reconfigure({ model: './other' });
  const engine = notes.open();
  const interrupt = new AbortController();
  const stop = await atSourceCall(engine, 'scan', 5, () => interrupt.abort());
  const left = only((await engine.run('index', {}, { signal: interrupt.signal })).jobs);
  stop();
  expect(left.embedded).toBeGreaterThan(500);
  // Another job has written them: this one has counted them nowhere yet.
  notes.put({ 1: 'first new text', 2: 'second new text' });
  const job = only((await engine.run('fixDrift')).jobs);
  const written = 2500 - left.embedded + 2;
  expect(job).toMatchObject({ state: 'completed', processed: written, embedded: written, unchanged: 0 });
  await expectInSync(engine);
});

test('one that starts over and is interrupted once more skips no item of its new report', async () => {
  const notes = await makeNotes(differentTexts(600));
  const engine = notes.open();
  await engine.run('index');
  const renew = (about: string): void =>
    notes.put(Object.fromEntries(differentTexts(600, about).map((text, i) => [i + 1, text])));
  renew('film');
  const interrupt = new AbortController();
  // The validation reads its candidates at once; the second part of the repair is the third call.
  const stop = await atSourceCall(engine, 'documents', 3, () => interrupt.abort());
  const job = only((await engine.run('fixDrift', {}, { signal: interrupt.signal })).jobs);
  stop();
  expect(job).toMatchObject({ state: 'interrupted', embedded: 256 });
  // A newer report takes its items away, so that it starts over; and comes no further than its own new report.
  await engine.run('validate');
  renew('city');
  const { jobs, path } = engine.engine.writable();
  const { setPhase } = jobs;
  jobs.setPhase = (id, phase) => {
    if (phase !== 'repairing') return setPhase(id, phase);
    jobs.setPhase = setPhase;
    throw diskFull(path, null);
  };
  const resume = async () => only((await engine.run('resume', { job: job.id })).jobs);
  expect(await resume()).toMatchObject({ state: 'interrupted', error: { code: 'DISK_FULL' } });
  expect(await resume()).toMatchObject({ state: 'completed', processed: 600, embedded: 600 });
  await expectInSync(engine);
});

test('deletes nothing that is gone from a source file which was replaced meanwhile', async () => {
  const { notes, engine } = await drifted();
  const stop = await atSourceCall(engine, 'checksums', 1, () => {
    copyFileSync(notes.sourcePath, `${notes.sourcePath}.new`);
    renameSync(`${notes.sourcePath}.new`, notes.sourcePath);
    notes.put({ 18: TEXTS[17] ?? '', 19: TEXTS[18] ?? '', 20: TEXTS[19] ?? '' });
  });
  const job = only((await engine.run('fixDrift')).jobs);
  stop();
  expect(job).toMatchObject({ state: 'failed', deleted: 0, error: { code: 'SOURCE_REPLACED' } });
  await expectInSync(engine);
});

test('a repair that was interrupted while it verified starts over when another validation came between', async () => {
  const notes = await makeNotes(differentTexts(20));
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 1: 'a red apple', 2: 'a green apple' });
  const stop = new AbortController();
  await atSourceCall(engine, 'proveKey', 2, () => stop.abort());
  const job = only((await engine.run('fixDrift', {}, { signal: stop.signal })).jobs);
  expect(job).toMatchObject({ state: 'interrupted', embedded: 2 });
  // The newer report takes the items away that the repair would have been held against.
  notes.put({ 1: 'a blue train' });
  await engine.run('validate');
  const { jobs } = await engine.run('resume', { job: job.id });
  expect(only(jobs)).toMatchObject({ id: job.id, state: 'completed' });
  await expectInSync(engine);
});
