import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differentTexts, makeNotes, unrenderable, type Body, type Notes } from '../support/notes.ts';
import {
  atSourceCall,
  byNumberThenText,
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

const bestHit = async (engine: TestEngine, query: string) => {
  const { hits } = await engine.run('search', { entityType: 'note', query, mode: 'vector', k: 1 });
  return hits[0];
};

describe('each class', () => {
  test('missing, stale, orphaned and failed are told apart, with reasons and both texts', async () => {
    const notes = await makeNotes(differentTexts(10));
    const engine = notes.open();
    await engine.run('index');
    notes.put({ 2: 'changed', 11: 'added', 12: unrenderable });
    notes.remove(3);
    expect(await validate(engine)).toMatchObject({
      state: 'drifted',
      source: 11,
      indexed: 10,
      missing: 2,
      stale: 1,
      orphaned: 1,
      failed: 0,
      outdated: 0,
      lost: null,
      snapshot: true,
    });
    await engine.run('index');
    expect(await validate(engine)).toMatchObject({ missing: 0, stale: 0, orphaned: 1, failed: 1 });
    expect(await driftOf(engine)).toEqual({ orphaned: ['3'], failed: ['12'] });

    notes.put({ 5: 'other words' });
    const report = await validate(engine);
    expect(report.samples.stale).toMatchObject([
      { key: '5', keyValues: [5], text: 'other words', indexedText: differentTexts(10)[4] },
    ]);
    expect(report.samples.orphaned).toMatchObject([
      { key: '3', text: null, indexedText: differentTexts(10)[2] },
    ]);
    expect(report.samples.failed).toMatchObject([
      { key: '12', reason: expect.stringContaining('BLOB_NOT_TEXT') },
    ]);
  });

  test('rows that swap their texts are both stale', async () => {
    const notes = await makeNotes(differentTexts(6));
    const engine = notes.open();
    await engine.run('index');
    notes.swap(2, 5);
    await validate(engine);
    expect(await driftOf(engine)).toEqual({ stale: ['2', '5'] });
    await engine.run('fixDrift');
    await expectInSync(engine);
    expect(await bestHit(engine, differentTexts(6)[1] ?? '')).toMatchObject({ key: '5' });
  });

  test('of rows with equal texts only the deleted one goes, and the vector stays', async () => {
    const notes = await makeNotes(['a red book', 'a red book', ...differentTexts(8)]);
    const engine = notes.open();
    await engine.run('index');
    const labels = await expectLabelsAgree(engine);
    notes.remove(1);
    await validate(engine);
    expect(await driftOf(engine)).toEqual({ orphaned: ['1'] });
    expect(only((await engine.run('fixDrift')).jobs)).toMatchObject({ state: 'completed', deleted: 1 });
    await expectInSync(engine);
    expect(await expectLabelsAgree(engine)).toBe(labels);
    expect(await bestHit(engine, 'a red book')).toMatchObject({ key: '2' });
    notes.remove(2);
    await engine.run('fixDrift');
    expect(await expectLabelsAgree(engine)).toBe(labels - 1);
  });

  test('columns that the template does not use may change', async () => {
    const notes = await makeNotes(differentTexts(5));
    const engine = notes.open();
    await engine.run('index');
    notes.change((db) => db.exec(`UPDATE note SET remark = 'seen ' || id`));
    await expectInSync(engine);
  });

  test('columns of the template that change without changing the text are in sync', async () => {
    const notes = await makeNotes(['a book', null, '']);
    const engine = notes.open();
    await engine.run('index');
    notes.put({ 2: '', 3: null });
    await expectInSync(engine);
    const before = indexedContent(notes.folder);
    expect(only((await engine.run('index')).jobs)).toMatchObject({ unchanged: 3, embedded: 0, reused: 0 });
    expect(indexedContent(notes.folder)).toEqual(before);
  });

  test('a filter that excludes rows orphans them', async () => {
    const notes = await makeNotes(differentTexts(6));
    await notes.run('index');
    notes.reconfigure({ filter: 'id > 2' });
    const engine = notes.open();
    expect(await validate(engine)).toMatchObject({ source: 4, orphaned: 2, stale: 0, missing: 0 });
    expect(await driftOf(engine)).toEqual({ orphaned: ['1', '2'] });
  });
});

describe('another recipe', () => {
  /** Ten notes, indexed under the default recipe, then configured anew. */
  async function reconfigured(settings: Parameters<Notes['reconfigure']>[0]) {
    const notes = await makeNotes(differentTexts(10));
    writeTinyModel(join(notes.folder, 'other'), { seed: 7 });
    await notes.run('index');
    notes.reconfigure(settings);
    return { notes, engine: notes.open() };
  }

  test.each([
    ['template', { template: 'a note: {{body}}' }],
    ['chunking', { chunking: { maxTokens: 16 } }],
    ['model', { model: './other' }],
  ])('another %s makes everything outdated, and index puts it right', async (_name, settings) => {
    const { notes, engine } = await reconfigured(settings);
    notes.put({ 4: 'stale and outdated' });
    notes.remove(5);
    expect(await validate(engine)).toMatchObject({ outdated: 9, stale: 0, missing: 0, orphaned: 1 });
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ state: 'completed', processed: 9 });
    expect(await validate(engine)).toMatchObject({ outdated: 0, stale: 0, missing: 0 });
    await engine.run('fixDrift');
    await expectInSync(engine);
  });

  test('a truncated source does not take the place of the index under a new model', async () => {
    const { notes, engine } = await reconfigured({ model: './other' });
    notes.remove(1, 2, 3);
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ state: 'failed', error: { code: 'DELETE_CAP_EXCEEDED' } });
    expect(await bestHit(engine, differentTexts(10)[0] ?? '')).toMatchObject({ key: '1' });
    notes.put({ 1: differentTexts(10)[0] ?? '', 2: differentTexts(10)[1] ?? '' });
    expect(only((await engine.run('index')).jobs)).toMatchObject({ state: 'completed' });
    await expectInSync(engine);
  });

  test('fix-drift takes a new model in use, and then nothing of the old one is served', async () => {
    const { notes, engine } = await reconfigured({ model: './other' });
    const job = only((await engine.run('fixDrift')).jobs);
    expect(job).toMatchObject({ state: 'completed', embedded: 10 });
    await expectInSync(engine);
    expect(catalogNumber(notes.folder, `SELECT count(*) FROM generation WHERE state = 'serving'`)).toBe(1);
    expect(await bestHit(engine, differentTexts(10)[2] ?? '')).toMatchObject({ key: '3' });
  });

  test('two spaces never meet: while one is filled, the other answers, each with its own model', async () => {
    const notes = await makeNotes(differentTexts(2500));
    // The same dimensions: nothing but care keeps the two apart.
    writeTinyModel(join(notes.folder, 'other'), { seed: 7 });
    await notes.run('index');
    notes.reconfigure({ model: './other' });
    const engine = notes.open();
    const interrupt = new AbortController();
    const similarities: number[] = [];
    const ask = async (): Promise<void> => {
      const hit = await bestHit(engine, differentTexts(2500)[776] ?? '');
      expect(hit?.key).toBe('777');
      similarities.push(hit?.similarity ?? 0);
    };
    await ask();
    const searches: Promise<void>[] = [];
    await atSourceCall(engine, 'documents', 5, () => {
      searches.push(ask());
      interrupt.abort();
    });
    const job = only((await engine.run('index', {}, { signal: interrupt.signal })).jobs);
    await Promise.all(searches);
    expect(job).toMatchObject({ state: 'interrupted' });
    expect(job.embedded).toBeGreaterThan(0);
    await ask();
    expect(await validate(engine)).toMatchObject({ outdated: 2500 });
    expect(only((await engine.run('resume', { job: job.id })).jobs)).toMatchObject({
      state: 'completed',
      embedded: 2500,
    });
    await ask();
    // A text is as near as can be to itself, in either space; in the wrong one it is not.
    expect(searches).toHaveLength(1);
    expect(Math.min(...similarities)).toBeGreaterThan(0.999);
    await expectInSync(engine);
  });

  test('back to the old model: its vectors are used again, not made again', async () => {
    const { notes, engine } = await reconfigured({ model: './other' });
    await engine.run('index');
    await engine.close();
    notes.reconfigure({});
    const back = notes.open();
    expect(await validate(back)).toMatchObject({ outdated: 10 });
    expect(only((await back.run('index')).jobs)).toMatchObject({ embedded: 0, reused: 10 });
    await expectInSync(back);
  });

  test('the same model in another folder is the same recipe, and searches find it there', async () => {
    const notes = await makeNotes(differentTexts(4));
    await notes.run('index');
    const { renameSync } = await import('node:fs');
    renameSync(join(notes.folder, 'tiny'), join(notes.folder, 'moved'));
    notes.reconfigure({ model: './moved' });
    const engine = notes.open();
    await expectInSync(engine);
    expect(await bestHit(engine, differentTexts(4)[1] ?? '')).toMatchObject({ key: '2' });
  });
});

describe('writes during a validation', () => {
  test('rows changed behind and before the scan are reported as they are now', async () => {
    const texts = differentTexts(6000);
    const notes = await makeNotes(texts);
    const engine = notes.open();
    await engine.run('index');
    notes.put({ 10: 'stale before the validation', 5500: 'stale before it, mended during it' });
    notes.remove(20, 5600);
    // The scan stands between the first page and the second.
    await atSourceCall(engine, 'scan', 2, () => {
      notes.put({ 10: texts[9] ?? '', 5500: texts[5499] ?? '', 5600: texts[5599] ?? '' });
      notes.put({ 20: texts[19] ?? '', 30: 'changed behind the scan', 5700: 'changed before the scan' });
      notes.remove(40, 5800);
      notes.put({ 7000: 'added' });
    });
    const report = await validate(engine);
    // Seen in the first page, then changed: reported or not, but never as something that it is not now.
    const drift = await driftOf(engine);
    expect(drift.stale).toContain('5700');
    expect(drift.missing).toEqual(['7000']);
    expect(drift.orphaned).toEqual(['5800']);
    expect(new Set(drift.stale)).not.toContain('5500');
    expect(report.snapshot).toBe(false);
    expect(report).toMatchObject({ failed: 0, outdated: 0 });
    // Nothing moves any more: exact again.
    expect(await validate(engine)).toMatchObject({ snapshot: true, stale: 2, orphaned: 2, missing: 1 });
    expect(await driftOf(engine)).toEqual({
      stale: ['30', '5700'],
      orphaned: ['40', '5800'],
      missing: ['7000'],
    });
  });

  test('a row that is deleted, or comes back, while candidates are read again', async () => {
    const notes = await makeNotes(differentTexts(50));
    const engine = notes.open();
    await engine.run('index');
    notes.put({ 1: 'stale', 2: 'stale too', 60: 'missing', 61: 'missing too' });
    notes.remove(3, 4);
    // The first answer is for what is stale or missing, the second for what may be orphaned.
    await atSourceCall(engine, 'documents', 1, () => {
      notes.remove(2, 61);
      notes.put({ 3: differentTexts(50)[2] ?? '' });
    });
    expect(await validate(engine)).toMatchObject({ source: 49, snapshot: false });
    expect(await driftOf(engine)).toEqual({ stale: ['1'], missing: ['60'], orphaned: ['2', '4'] });
  });
});

describe('against a plain model', () => {
  type Step =
    | { kind: 'put'; id: number; body: Body }
    | { kind: 'remove'; id: number }
    | { kind: 'swap'; one: number; other: number }
    | { kind: 'index' }
    | { kind: 'index key'; id: number }
    | { kind: 'fix drift' }
    | { kind: 'retry' }
    | { kind: 'validate' };

  /** What source and index hold, as simply as it can be said. Rendering makes NULL and blank texts empty. */
  class Model {
    readonly source = new Map<number, string | 'unrenderable'>();
    readonly indexed = new Map<number, string>();
    readonly failed = new Set<number>();

    put(id: number, body: Body): void {
      this.source.set(
        id,
        Buffer.isBuffer(body) ? 'unrenderable' : (body ?? '').trim() === '' ? '' : (body ?? ''),
      );
    }

    /** Brings one row up to date, as a job would. */
    bring(id: number): void {
      const text = this.source.get(id);
      if (text === undefined) this.failed.delete(id);
      else if (text === 'unrenderable') this.failed.add(id);
      else {
        this.indexed.set(id, text);
        this.failed.delete(id);
      }
    }

    bringAll(): void {
      for (const id of new Set([...this.source.keys(), ...this.failed])) this.bring(id);
    }

    drift(): Record<string, string[]> {
      const classes: Record<string, string[]> = {};
      const add = (name: string, id: number): void => void (classes[name] ??= []).push(String(id));
      for (const [id, text] of this.source) {
        if (this.failed.has(id)) add('failed', id);
        else if (!this.indexed.has(id)) add('missing', id);
        else if (this.indexed.get(id) !== text) add('stale', id);
      }
      for (const id of this.indexed.keys()) if (!this.source.has(id)) add('orphaned', id);
      for (const keys of Object.values(classes)) keys.sort(byNumberThenText);
      return classes;
    }
  }

  async function take(step: Step, model: Model, notes: Notes, engine: TestEngine): Promise<void> {
    switch (step.kind) {
      case 'put':
        notes.put({ [step.id]: step.body });
        return model.put(step.id, step.body);
      case 'remove':
        notes.remove(step.id);
        return void model.source.delete(step.id);
      case 'swap': {
        const [one, other] = [model.source.get(step.one), model.source.get(step.other)];
        if (one === undefined || other === undefined || step.one === step.other) return;
        notes.swap(step.one, step.other);
        model.source.set(step.one, other).set(step.other, one);
        return;
      }
      case 'index':
        await engine.run('index');
        return model.bringAll();
      case 'index key':
        if (!model.source.has(step.id)) return;
        await engine.run('index', { entityTypes: ['note'], keys: [String(step.id)] });
        return model.bring(step.id);
      case 'fix drift': {
        const orphans = [...model.indexed.keys()].filter((id) => !model.source.has(id));
        const job = only((await engine.run('fixDrift', { maxDeletePercent: 50 })).jobs);
        if (orphans.length > model.indexed.size * 0.5) {
          expect(job).toMatchObject({ state: 'failed', error: { code: 'DELETE_CAP_EXCEEDED' } });
          return;
        }
        orphans.forEach((id) => model.indexed.delete(id));
        model.bringAll();
        expect(job.state).toBe(model.failed.size > 0 ? 'completed_with_failures' : 'completed');
        return;
      }
      case 'retry':
        await engine.run('retry', { target: 'note' });
        for (const id of model.failed) model.bring(id);
        return;
      case 'validate':
        await validate(engine);
        expect(await driftOf(engine)).toEqual(model.drift());
        return;
      default:
        step satisfies never;
    }
  }

  const id = fc.integer({ min: -2, max: 9 });
  const body: fc.Arbitrary<Body> = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.constantFrom('red book', 'blue ship', 'green tree', 'a new lamp', 'the old cat'),
    },
    { weight: 2, arbitrary: fc.constantFrom('', null, ' \t') },
    { weight: 1, arbitrary: fc.constant(unrenderable) },
  );
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('put' as const), id, body }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('remove' as const), id }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('swap' as const), one: id, other: id }) },
    { weight: 3, arbitrary: fc.constant<Step>({ kind: 'index' }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('index key' as const), id }) },
    { weight: 2, arbitrary: fc.constant<Step>({ kind: 'fix drift' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'retry' }) },
    { weight: 5, arbitrary: fc.constant<Step>({ kind: 'validate' }) },
  );

  test('any sequence of changes and jobs leaves exactly the drift that a plain model says', async () => {
    const notes = await makeNotes([]);
    const engine = notes.open();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), async (steps) => {
        notes.change((db) => db.exec('DELETE FROM note'));
        await engine.run('fixDrift', { maxDeletePercent: 100 });
        const model = new Model();
        for (const next of [...steps, { kind: 'validate' } as const]) await take(next, model, notes, engine);
        expect(catalogNumber(notes.folder, 'SELECT count(*) FROM entity')).toBe(model.indexed.size);
        expect(catalogNumber(notes.folder, 'SELECT count(*) FROM dead_letter')).toBe(model.failed.size);
        const texts = new Set([...model.indexed.values()].filter((text) => text !== ''));
        if (model.indexed.size > 0) expect(await expectLabelsAgree(engine)).toBe(texts.size);
      }),
      { seed: 20261122, numRuns: 12 },
    );
  });
});
