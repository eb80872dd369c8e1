/**
 * Bugs of others, one test each: what people reported of the tools that they use today must not happen here. Ghosts that
 * only a look into the index itself finds, range checksums on servers and hnswlib's own bugs are tested where those are.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../engine/contract.ts';
import { RateMeter } from '../../engine/rate.ts';
import { differentTexts, makeNotes, unrenderable } from '../support/notes.ts';
import {
  atSourceCall,
  beforeCall,
  catalogNumber,
  driftOf,
  expectCountsAddUp,
  expectInSync,
  expectLabelsAgree,
  only,
  validate,
} from '../support/observe.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { makeWorkspace, type TestEngine } from '../support/workspace.ts';

const found = async (engine: TestEngine, query: string, k = 10): Promise<string[]> => {
  const { hits } = await engine.run('search', { entityType: 'note', query, mode: 'vector', k });
  return hits.map((hit) => hit.key);
};

describe('success that was none', () => {
  test('langchain#39937: success reported while 36 of 1,178 sources were in the store', async () => {
    const notes = await makeNotes(
      differentTexts(1178).map((text, i) => (i % 400 === 7 ? unrenderable : text)),
    );
    const engine = notes.open();
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ state: 'completed_with_failures', total: 1178, processed: 1178, failed: 3 });
    expectCountsAddUp(job);
    const stored = catalogNumber(notes.folder, 'SELECT count(*) FROM entity');
    expect(stored).toBe(job.embedded + job.reused);
    expect(await expectLabelsAgree(engine)).toBe(stored);
    expect(await validate(engine)).toMatchObject({ source: 1178, indexed: stored, failed: 1178 - stored });
  });

  test('meilisearch#5995: every 40th document silently had no embedding', async () => {
    const texts = differentTexts(200);
    const notes = await makeNotes(texts);
    const engine = notes.open();
    await engine.run('index', { batchSize: 40 });
    // Numbers of the same digits are the same to this model, so a few come out equally near.
    for (const [i, text] of texts.entries()) expect(await found(engine, text, 5)).toContain(String(i + 1));
  });

  test('anything-llm#6143, muninndb#462: success with no vectors; all vectors there and no result', async () => {
    const notes = await makeNotes(['the red city', 'a blue river', 'green tea']);
    expect(only((await notes.run('index')).jobs)).toMatchObject({ state: 'completed', embedded: 3 });
    // Another process finds them, by meaning alone and by words alone.
    for (const mode of ['vector', 'text', 'hybrid']) {
      const { hits } = await notes.run('search', { entityType: 'note', query: 'blue river', mode });
      expect(hits[0]).toMatchObject({ key: '2', text: 'a blue river' });
    }
  });

  test('LlamaIndexTS: the book of record is written before the embedding, so a failure is skipped for good', async () => {
    const notes = await makeNotes(['a book', 'poison'], { poison: 'poison' });
    await notes.run('index');
    const engine = notes.open();
    // Nothing changed, and still it is tried again, and still it is not in sync.
    expect(only((await engine.run('index')).jobs)).toMatchObject({ unchanged: 1, failed: 1 });
    expect((await engine.run('deadLetters')).items).toMatchObject([{ key: '2', attempts: 6 }]);
    expect(await validate(engine)).toMatchObject({ state: 'drifted', failed: 1, indexed: 1 });
  });
});

describe('changes that were not seen', () => {
  test('LangChain.js: edits inside nested metadata do not change the hash', async () => {
    const notes = await makeNotes(['{"a": {"b": [1, {"c": "red"}]}}', '{"a": {"b": [1, {"c": "red"}]}}']);
    const engine = notes.open();
    await engine.run('index');
    notes.put({ 2: '{"a": {"b": [1, {"c": "rod"}]}}' });
    await validate(engine);
    expect(await driftOf(engine)).toEqual({ stale: ['2'] });
  });

  test('llm embed-multi: two rows that swap their texts stay stale for ever', async () => {
    const notes = await makeNotes(['the red book', 'the blue ship']);
    const engine = notes.open();
    await engine.run('index');
    notes.swap(1, 2);
    expect(only((await engine.run('index')).jobs)).toMatchObject({ embedded: 0, reused: 2 });
    expect(await found(engine, 'the red book', 1)).toEqual(['2']);
    await expectInSync(engine);
  });

  test('llama_index#22706: of rows with identical text none is ever deleted', async () => {
    const notes = await makeNotes(['the same', 'the same', 'the same', 'another']);
    const engine = notes.open();
    await engine.run('index');
    for (const id of [1, 3]) {
      notes.remove(id);
      expect(only((await engine.run('fixDrift', { maxDeletePercent: 50 })).jobs)).toMatchObject({
        deleted: 1,
      });
    }
    expect(await found(engine, 'the same', 2)).toEqual(['2', '4']);
    await expectInSync(engine);
  });

  test('statewave#421, rlm-rs#312: another model, or max length, of the same dimension silently mixes spaces', async () => {
    const notes = await makeNotes(differentTexts(20));
    await notes.run('index');
    for (const [folder, model] of [
      ['other-weights', { seed: 2 }],
      ['other-length', { maxTokens: 16 }],
    ] as const) {
      writeTinyModel(join(notes.folder, folder), model);
      notes.reconfigure({ model: `./${folder}` });
      const engine = notes.open();
      expect(await validate(engine)).toMatchObject({ outdated: 20 });
      // One more row is indexed: it must not land among the vectors of the other model.
      await engine.run('index', { entityTypes: ['note'], keys: ['1'] });
      const mixed = `SELECT count(*) FROM label l JOIN generation g ON g.id = l.generation_id
        JOIN embedding e ON e.id = l.embedding_id WHERE e.model_id <> g.model_id`;
      expect(catalogNumber(notes.folder, mixed)).toBe(0);
      await engine.run('index');
      expect(catalogNumber(notes.folder, mixed)).toBe(0);
      await expectInSync(engine);
      await engine.close();
    }
  });
});

describe('rows that went', () => {
  test('Supabase guide: the job of a deleted row throws before it is dequeued and retries for ever', async () => {
    const notes = await makeNotes(['a book', 'a ship']);
    const engine = notes.open();
    await atSourceCall(engine, 'documents', 1, () => notes.remove(2));
    expect(only((await engine.run('index')).jobs)).toMatchObject({
      state: 'completed',
      embedded: 1,
      failed: 0,
    });
    expect((await engine.run('deadLetters')).total).toBe(0);
    await expectInSync(engine);
  });

  test('agno#9814: delete-before-embed took five searchable rows to none', async () => {
    const notes = await makeNotes(differentTexts(5), { poison: 'poison' });
    const engine = notes.open();
    await engine.run('index');
    notes.change((db) => db.exec(`UPDATE note SET body = body || ' poison'`));
    expect(only((await engine.run('index')).jobs)).toMatchObject({ failed: 5 });
    expect(await found(engine, 'the red book')).toHaveLength(5);
  });

  test('uteke#901: 12,500 ghosts among 19,000', async () => {
    const notes = await makeNotes(differentTexts(600));
    const engine = notes.open();
    await engine.run('index');
    notes.change((db) => db.exec('DELETE FROM note WHERE id % 3 <> 0'));
    await engine.run('fixDrift', { maxDeletePercent: 100 });
    expect(await expectLabelsAgree(engine)).toBe(200);
    expect((await found(engine, 'the red book', 600)).every((key) => Number(key) % 3 === 0)).toBe(true);
    await engine.close();
    // And a process that builds the graph from the catalog finds as many.
    expect(await expectLabelsAgree(notes.open())).toBe(200);
  });
});

describe('cost', () => {
  test('pgedge-vectorizer#69: one failing retry queue lost batching and ran many times slower', async () => {
    const notes = await makeNotes(Array.from({ length: 256 }, () => unrenderable));
    const engine = notes.open();
    await engine.run('index');
    notes.put(Object.fromEntries(differentTexts(256).map((text, i) => [i + 1, text])));
    expect(only((await engine.run('retry', { target: 'note' })).jobs)).toMatchObject({ embedded: 256 });
    const stats = (await engine.engine.models.with({}).embedder('./tiny')).stats();
    expect(stats.texts).toBe(256);
    expect(stats.batches).toBeLessThan(16);
  });

  test('gpt4all#1815: the index file is rewritten each time', async () => {
    const notes = await makeNotes(differentTexts(5000));
    const engine = notes.open();
    let snapshots = 0;
    beforeCall(engine.engine.searchContext().vectors, 'snapshot', () => (snapshots += 1));
    await engine.run('index');
    // 5,000 operations in a dozen windows: written when the tail has outgrown a share of it, not at every window.
    expect(snapshots).toBeGreaterThan(0);
    expect(snapshots).toBeLessThanOrEqual(4);
    const after = snapshots;
    notes.put({ 1: 'changed', 2: 'changed, too' });
    await engine.run('index');
    await engine.run('index');
    expect(snapshots).toBe(after);
    await expectInSync(engine);
  });
});

describe('progress', () => {
  test('open-codebase-index#305: percent went 60, 36, 62; typesense#1507: neither progress nor cancel', async () => {
    const notes = await makeNotes(differentTexts(3000));
    const engine = notes.open();
    const interrupt = new AbortController();
    const seen: Job[] = [];
    const watch = { onProgress: ({ job }: { job: Job }) => void seen.push(job) };
    await atSourceCall(engine, 'documents', 5, () => interrupt.abort());
    const job = only((await engine.run('index', {}, { ...watch, signal: interrupt.signal })).jobs);
    expect(job.state).toBe('interrupted');
    expect(job.processed).toBeGreaterThan(0);
    expect(job.processed).toBeLessThan(3000);
    await engine.run('resume', { job: job.id }, watch);
    const meter = new RateMeter();
    seen.forEach(({ processed, total }, i) => {
      const before = seen[i - 1]?.processed ?? 0;
      expect(processed).toBeGreaterThanOrEqual(before);
      expect(meter.update(processed, total, i).percent).toBe(
        total === null ? null : (100 * processed) / total,
      );
    });
    expect(seen.at(-1)).toMatchObject({ state: 'completed', processed: 3000, total: 3000 });
  });
});

describe('keys', () => {
  test('data-diff#762: different collations report false differences; reladiff#72: mixed keys taken for UUIDs', async () => {
    const UUID = '6F9619FF-8B86-D011-B42D-00C04FC964FF';
    const keys = [
      'Zoe',
      'zebra',
      'Émile',
      'emile',
      '_',
      'ä',
      UUID,
      UUID.replaceAll('-', ''),
      '6f9619ff',
      '{6F}',
      '42',
    ];
    const workspace = await makeWorkspace(
      (db) => {
        db.exec(`CREATE TABLE note (name TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, body TEXT);
          CREATE TABLE trimmed (name TEXT COLLATE RTRIM PRIMARY KEY DESC, body TEXT)`);
        for (const table of ['note', 'trimmed']) {
          const insert = db.prepare(`INSERT INTO ${table} VALUES (?, ?)`);
          keys.forEach((key, i) => insert.run(key, `text number ${i}`));
        }
      },
      {
        model: './tiny',
        entityTypes: {
          note: { key: ['name'], template: '{{body}}' },
          trimmed: { key: ['name'], template: '{{body}}' },
        },
      },
    );
    writeTinyModel(join(workspace.folder, 'tiny'));
    const engine = workspace.open();
    await engine.run('index');
    for (const table of ['note', 'trimmed']) {
      await expectInSync(engine, table);
      workspace.change((db) => {
        db.exec(`UPDATE ${table} SET body = 'changed' WHERE name = '${UUID}'`);
        db.exec(`UPDATE ${table} SET name = 'ZEBRA' WHERE name = 'zebra'`);
      });
      await validate(engine, table);
      // To the table it is the same key; what is indexed under it is another.
      expect(await driftOf(engine, table)).toEqual({
        stale: [UUID],
        orphaned: ['zebra'],
        missing: ['ZEBRA'],
      });
      await engine.run('fixDrift', { entityTypes: [table] });
      await expectInSync(engine, table);
    }
  });
});
