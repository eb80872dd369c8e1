import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { DriftClass, Report } from '../../engine/contract.ts';
import { driftClasses } from '../../engine/contract.ts';
import { damageCatalog, embeddingOf, entityId } from '../support/damage.ts';
import { forgeIndex } from '../support/forge.ts';
import { differentTexts, makeNotes, unrenderable, type Body, type Notes } from '../support/notes.ts';
import {
  atSourceCall,
  beforeCall,
  catalogNumber,
  catalogRows,
  driftOf,
  expectInSync,
  only,
  validate,
} from '../support/observe.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import type { TestEngine } from '../support/workspace.ts';

const TEXTS = differentTexts(20);

async function indexed(bodies: readonly Body[] = TEXTS): Promise<{ notes: Notes; engine: TestEngine }> {
  const notes = await makeNotes(bodies);
  const engine = notes.open();
  await engine.run('index');
  return { notes, engine };
}

/** A deep validation, after checking that its numbers are those of its list. */
async function deepReport(engine: TestEngine): Promise<Report> {
  const report = only((await engine.run('validate', { entityTypes: ['note'], deep: true })).reports);
  const listed = await driftOf(engine);
  for (const name of driftClasses) expect(report[name], name).toBe(listed[name]?.length ?? 0);
  return report;
}

/** What a deep validation finds, as keys by class. */
async function deepDrift(engine: TestEngine): Promise<Partial<Record<DriftClass, string[]>>> {
  await deepReport(engine);
  return driftOf(engine);
}

/** The repair mends it all, and the next deep validation finds nothing. */
async function expectMended(engine: TestEngine): Promise<void> {
  expect(only((await engine.run('fixDrift')).jobs)).toMatchObject({ state: 'completed', error: null });
  expect(await deepReport(engine)).toMatchObject({
    state: 'in_sync',
    inSyncPercent: 100,
    lost: 0,
    ghost: 0,
    corrupt: 0,
  });
  await expectInSync(engine);
}

const reasons = async (engine: TestEngine): Promise<string[]> =>
  (await engine.run('drift', { entityType: 'note' })).items.map((item) => item.reason);

test('a sound workspace is in sync, and the report says what was looked at', async () => {
  const { engine } = await indexed([...TEXTS, TEXTS[0] as string, '', null]);
  const report = await deepReport(engine);
  expect(report).toMatchObject({
    state: 'in_sync',
    inSyncPercent: 100,
    lost: 0,
    ghost: 0,
    corrupt: 0,
    notChecked: [],
    deep: {
      documents: 23,
      vectors: 20,
      tombstones: 0,
      selfQuery: { sampled: 20, found: 20 },
      recall: { k: 10, sampled: 20, value: 1, low: 1, high: 1 },
      reembedded: { sampled: 20, differing: 0 },
      fullTextSound: true,
      rebuilt: null,
    },
  });
  expect(report.deep?.reembedded?.worst).toBeLessThan(1e-3);
});

test('a plain validation looks for none of it, and says so', async () => {
  const { notes, engine } = await indexed();
  damageCatalog(notes.folder, (db) => db.exec('UPDATE embedding SET crc = crc + 1'));
  expect(await validate(engine)).toMatchObject({
    state: 'in_sync',
    lost: null,
    ghost: null,
    corrupt: null,
    deep: null,
    notChecked: [expect.stringContaining('lost, ghost and corrupt')],
  });
});

test('of what was never indexed, or holds nothing, there is nothing to find', async () => {
  const notes = await makeNotes([]);
  const engine = notes.open();
  expect(await deepReport(engine)).toMatchObject({ state: 'in_sync', deep: { documents: 0, recall: null } });
  await engine.run('index');
  expect(await deepReport(engine)).toMatchObject({
    state: 'in_sync',
    deep: { documents: 0, vectors: 0, selfQuery: { sampled: 0, found: 0 }, recall: null, reembedded: null },
  });
});

describe('corrupt', () => {
  const vectors = (notes: Notes): unknown[] =>
    catalogRows(
      notes.folder,
      `SELECT e.document, c.ordinal, hex(m.vector) FROM entity e JOIN chunk c ON c.entity_id = e.id
       JOIN label l ON l.generation_id = c.generation_id AND l.label = c.label
       JOIN embedding m ON m.id = l.embedding_id ORDER BY e.id, c.ordinal`,
    );
  type Damage = (db: Database.Database, key: number) => void;
  const setVector =
    (change: (vector: Buffer) => Buffer, keepsCrc: boolean): Damage =>
    (db, key) => {
      const { id, vector, crc } = embeddingOf(db, key);
      const changed = change(vector);
      const stored = keepsCrc ? crc32(changed) : crc;
      db.prepare('UPDATE embedding SET vector = ?, crc = ? WHERE id = ?').run(changed, stored, id);
    };
  const withByteFlipped = (vector: Buffer): Buffer => {
    const copy = Buffer.from(vector);
    copy.writeUInt8(copy.readUInt8(5) ^ 0x10, 5);
    return copy;
  };
  const notFinite = (vector: Buffer): Buffer => {
    const copy = Buffer.from(vector);
    copy.writeUInt16LE(0x7c00, 4);
    return copy;
  };
  const causes: readonly (readonly [string, RegExp, Damage])[] = [
    ['a byte of a vector', /damaged \(checksum\)/, setVector(withByteFlipped, false)],
    [
      'a checksum',
      /damaged \(checksum\)/,
      (db, key) => db.prepare('UPDATE embedding SET crc = crc + 1 WHERE id = ?').run(embeddingOf(db, key).id),
    ],
    ['a vector that is not finite', /not finite/, setVector(notFinite, true)],
    ['a vector of another length', /another length/, setVector((vector) => vector.subarray(2), true)],
    [
      'another text’s vector, with its checksum',
      /embedded again.*cosine distance/,
      (db, key) => {
        const other = embeddingOf(db, 20);
        db.prepare('UPDATE embedding SET vector = ?, crc = ? WHERE id = ?').run(
          other.vector,
          other.crc,
          embeddingOf(db, key).id,
        );
      },
    ],
    [
      'an embedding that is gone',
      /gone from the catalog/,
      (db, key) => db.prepare('DELETE FROM embedding WHERE id = ?').run(embeddingOf(db, key).id),
    ],
    [
      'the text that an embedding is for',
      /chunk 1 is not the text/,
      (db, key) =>
        db.prepare('UPDATE embedding SET text_hash = zeroblob(16) WHERE id = ?').run(embeddingOf(db, key).id),
    ],
    [
      'a document',
      /stored document is damaged/,
      (db, key) =>
        db
          .prepare(`UPDATE entity SET document = replace(document, 'number', 'numbes') WHERE id = ?`)
          .run(entityId(db, key)),
    ],
    [
      'a document’s hash',
      /stored document is damaged/,
      (db, key) =>
        db.prepare('UPDATE entity SET text_hash = zeroblob(16) WHERE id = ?').run(entityId(db, key)),
    ],
    [
      'where a chunk begins',
      /chunk 1 is not the text/,
      (db, key) => db.prepare('UPDATE chunk SET start_offset = 1 WHERE entity_id = ?').run(entityId(db, key)),
    ],
    [
      'where a chunk leads',
      /chunk 1 is not the text/,
      (db, key) =>
        db
          .prepare('UPDATE chunk SET label = ? WHERE entity_id = ?')
          .run(embeddingOf(db, 20).label, entityId(db, key)),
    ],
  ];

  test('every cause is found and named, and mended', async () => {
    const { notes, engine } = await indexed();
    const before = vectors(notes);
    damageCatalog(notes.folder, (db) => causes.forEach(([, , damage], i) => damage(db, i + 1)));
    const report = await deepReport(engine);
    expect(report).toMatchObject({ corrupt: causes.length, lost: 0, ghost: 0, inSyncPercent: 45 });
    const { items } = await engine.run('drift', { entityType: 'note', class: 'corrupt' });
    const found = new Map(items.map((item) => [item.key, item]));
    for (const [i, [name, reason]] of causes.entries()) {
      expect(found.get(String(i + 1))?.reason, name).toMatch(reason);
    }
    // A damaged document is shown beside what the source says.
    expect(found.get('8')).toMatchObject({
      text: TEXTS[7],
      indexedText: TEXTS[7]?.replace('number', 'numbes'),
    });
    await expectMended(engine);
    expect(vectors(notes)).toEqual(before);
  });

  test('the index holds another vector than the catalog', async () => {
    const { notes, engine } = await indexed();
    forgeIndex(notes.folder, 'note', (held) => held.set(2, held.get(9) as Uint16Array));
    expect(await deepDrift(engine)).toEqual({ corrupt: ['3'] });
    expect(await reasons(engine)).toEqual(['the index holds another vector than the catalog']);
    await expectMended(engine);
  });

  test('a damaged vector that nothing refers to is not used again', async () => {
    const { notes, engine } = await indexed();
    notes.remove(3);
    await engine.run('fixDrift');
    damageCatalog(notes.folder, (db) => db.exec('UPDATE embedding SET crc = crc + 1'));
    await engine.run('fixDrift', { deep: true });
    notes.put({ 3: TEXTS[2] ?? null });
    expect(only((await engine.run('index')).jobs)).toMatchObject({
      state: 'completed',
      embedded: 1,
      reused: 0,
    });
    expect(await deepReport(engine)).toMatchObject({ state: 'in_sync' });
    await expectInSync(engine);
  });
});

describe('lost and ghost', () => {
  test('what the index lacks and what it has too much is told apart, and mended without embedding', async () => {
    const shared = TEXTS[4] as string;
    const { notes, engine } = await indexed([...TEXTS, shared, shared]);
    forgeIndex(notes.folder, 'note', (held) => {
      held.delete(2);
      held.delete(4);
      for (const label of [20, 777]) held.set(label, held.get(0) as Uint16Array);
    });
    const report = await deepReport(engine);
    expect(report).toMatchObject({ state: 'drifted', lost: 4, ghost: 2, corrupt: 0, inSyncPercent: 81.81 });
    expect(await driftOf(engine)).toEqual({ lost: ['3', '5', '21', '22'], ghost: ['20', '777'] });
    expect(report.samples.ghost?.[1]).toEqual({
      key: '777',
      keyValues: [777],
      class: 'ghost',
      reason: expect.stringContaining('label 777'),
      text: null,
      indexedText: null,
    });
    expect(report.samples.lost?.[0]).toMatchObject({ key: '3', text: TEXTS[2], indexedText: TEXTS[2] });

    const { plans } = await engine.run('fixDrift', { dryRun: true });
    expect(only(plans)).toMatchObject({ lost: 4, ghost: 2, corrupt: 0, embed: 0, delete: 0 });
    const repair = only((await engine.run('fixDrift')).jobs);
    expect(repair).toMatchObject({ state: 'completed', processed: 4, reused: 4, embedded: 0, deleted: 0 });
    expect(await deepReport(engine)).toMatchObject({ state: 'in_sync' });
    await expectInSync(engine);
    // Label 20 was a ghost's: the next row must not get it.
    notes.put({ 30: 'a text that is new' });
    await engine.run('index');
    expect(await deepReport(engine)).toMatchObject({ state: 'in_sync', lost: 0, ghost: 0 });
  });

  test('ghosts alone are drift, though every entity is in sync', async () => {
    const { notes, engine } = await indexed();
    forgeIndex(notes.folder, 'note', (held) => held.set(3_000_000_000, held.get(0) as Uint16Array));
    expect(await deepReport(engine)).toMatchObject({ state: 'drifted', ghost: 1, inSyncPercent: 99.99 });
    await expectMended(engine);
  });

  test('text without chunks, without one of several, or with one that leads nowhere, is lost', async () => {
    const long = Array.from({ length: 40 }, (_, i) => `the red book number ${i} of the house.`).join(' ');
    const { notes, engine } = await indexed([...TEXTS.slice(0, 3), long, `${long} again`, '\u0001\u0002']);
    const chunks = catalogNumber(notes.folder, 'SELECT count(*) FROM chunk');
    expect(chunks).toBeGreaterThan(10);
    // The last one has text of which the tokenizer sees nothing: it has no chunk, and is in sync.
    expect(await deepReport(engine)).toMatchObject({ state: 'in_sync', deep: { documents: 6 } });
    damageCatalog(notes.folder, (db) => {
      db.prepare('DELETE FROM chunk WHERE entity_id = ?').run(entityId(db, 1));
      db.prepare('DELETE FROM chunk WHERE entity_id = ? AND ordinal = 1').run(entityId(db, 4));
      const { label } = embeddingOf(db, 3);
      db.prepare('DELETE FROM label WHERE label = ?').run(label);
    });
    expect(await deepDrift(engine)).toEqual({ lost: ['1', '3', '4'] });
    expect(await reasons(engine)).toEqual(
      expect.arrayContaining([
        'its text has no chunk',
        'a part of its text has no chunk',
        'a chunk of it leads to no vector',
      ]),
    );
    damageCatalog(notes.folder, (db) => db.exec('UPDATE generation SET labels = labels - 1'));
    await expectMended(engine);
    expect(catalogNumber(notes.folder, 'SELECT count(*) FROM chunk')).toBe(chunks);
  });
});

test('a label beyond what an index can hold is not taken for another one', async () => {
  const { notes, engine } = await indexed();
  const beyond = 2 ** 32 + 4;
  damageCatalog(notes.folder, (db) => {
    db.prepare('UPDATE label SET label = ? WHERE label = 19').run(beyond);
    db.prepare('UPDATE chunk SET label = ? WHERE label = 19').run(beyond);
  });
  // Its vector is sound, and nowhere in the index; label 4 is somebody else's.
  expect(await deepDrift(engine)).toEqual({ lost: ['20'] });
  await expectMended(engine);
});

test('an entity that the comparison found stays what it was found to be', async () => {
  const { notes, engine } = await indexed([...TEXTS, unrenderable]);
  notes.put({ 1: 'another text' });
  notes.remove(2);
  forgeIndex(notes.folder, 'note', (held) => void [0, 1, 2].forEach((label) => held.delete(label)));
  damageCatalog(notes.folder, (db) => db.exec('UPDATE embedding SET crc = crc + 1'));
  const all = TEXTS.map((_, i) => String(i + 1));
  // The damage is the cause why the index lacks 3 as well.
  expect(await deepDrift(engine)).toEqual({
    failed: ['21'],
    stale: ['1'],
    orphaned: ['2'],
    corrupt: all.slice(2),
  });
  const job = only((await engine.run('fixDrift')).jobs);
  expect(job).toMatchObject({ state: 'completed_with_failures', processed: 21, embedded: 19, deleted: 1 });
  expect(await deepDrift(engine)).toEqual({ failed: ['21'] });
});

test('what a person has set aside is no drift here either', async () => {
  const { notes, engine } = await indexed();
  notes.put({ 3: unrenderable });
  await engine.run('index');
  await engine.run('exclude', { entityType: 'note', keys: ['3'], reason: 'known' });
  damageCatalog(notes.folder, (db) =>
    db.prepare('UPDATE embedding SET crc = crc + 1 WHERE id = ?').run(embeddingOf(db, 3).id),
  );
  expect(await deepReport(engine)).toMatchObject({ state: 'in_sync', excluded: 1, corrupt: 0 });
});

describe('the full-text index', () => {
  const tamper: readonly (readonly [string, string])[] = [
    [
      'lacks a document',
      `INSERT INTO document_fts (document_fts, rowid, document) SELECT 'delete', id, document FROM entity LIMIT 1`,
    ],
    ['has lost its own tables’ content', 'DELETE FROM document_fts_data WHERE id > 10'],
  ];
  test.each(tamper)('%s: drift, found by --deep and rebuilt', async (_name, sql) => {
    const { notes, engine } = await indexed();
    damageCatalog(notes.folder, (db) => db.exec(sql));
    expect(await deepReport(engine)).toMatchObject({
      state: 'drifted',
      inSyncPercent: 99.99,
      lost: 0,
      ghost: 0,
      corrupt: 0,
      deep: { fullTextSound: false },
    });
    await expectMended(engine);
    const { hits } = await engine.run('search', { entityType: 'note', query: '1', mode: 'text' });
    expect(hits[0]?.key).toBe('1');
  });
});

describe('when a repair looks into the index', () => {
  test('after a deep validation found something, whatever plain ones said since', async () => {
    const { notes, engine } = await indexed();
    damageCatalog(notes.folder, (db) => db.exec('UPDATE embedding SET crc = crc + 1 WHERE id = 4'));
    expect(only((await engine.run('fixDrift')).reports)).toMatchObject({ corrupt: null, deep: null });
    await deepReport(engine);
    expect(await validate(engine)).toMatchObject({ state: 'in_sync' });
    expect(only((await engine.run('fixDrift', { deep: false })).reports)).toMatchObject({ corrupt: null });
    await expectMended(engine);
    // What it left behind is a deep report that found nothing.
    expect(only((await engine.run('fixDrift')).reports)).toMatchObject({ corrupt: null });
  });

  test('when it is asked to, without a validation before', async () => {
    const { notes, engine } = await indexed();
    damageCatalog(notes.folder, (db) => db.exec('UPDATE embedding SET crc = crc + 1 WHERE id = 4'));
    const { jobs, reports } = await engine.run('fixDrift', { deep: true });
    expect(only(jobs)).toMatchObject({ state: 'completed', processed: 1, embedded: 1 });
    expect(only(reports)).toMatchObject({ state: 'in_sync', corrupt: 0, deep: { documents: 20 } });
  });
});

describe('an interrupted repair', () => {
  const COUNT = 600;

  test('of corrupt vectors goes on where it was and counts nothing twice', async () => {
    const { notes, engine } = await indexed(differentTexts(COUNT));
    damageCatalog(notes.folder, (db) => db.exec('UPDATE embedding SET crc = crc + 1'));
    expect(await deepReport(engine)).toMatchObject({ corrupt: COUNT });
    const interrupt = new AbortController();
    // Reports read 64 documents at once, the repair 256.
    const stop = await atSourceCall(engine, 'documents', Math.ceil(COUNT / 64) + 2, () => interrupt.abort());
    const job = only((await engine.run('fixDrift', {}, { signal: interrupt.signal })).jobs);
    stop();
    expect(job).toMatchObject({ state: 'interrupted' });
    expect(job.embedded).toBeGreaterThan(0);
    expect(job.embedded).toBeLessThan(COUNT);
    const resumed = only((await engine.run('resume', { job: job.id })).jobs);
    expect(resumed).toMatchObject({ state: 'completed', processed: COUNT, embedded: COUNT, failed: 0 });
    expect(await deepReport(engine)).toMatchObject({ state: 'in_sync' });
    await expectInSync(engine);
  });

  test('of lost ones adds each once', async () => {
    const { notes, engine } = await indexed(differentTexts(COUNT));
    forgeIndex(notes.folder, 'note', (held) => {
      for (const label of [...held.keys()].slice(10)) held.delete(label);
    });
    expect(await deepReport(engine)).toMatchObject({ lost: COUNT - 10, ghost: 0 });
    const interrupt = new AbortController();
    // The validation asks about 512 labels at once; the repair about 256.
    const stop = beforeCall(engine.engine.searchContext().vectors, 'auditPage', (nth) => {
      if (nth === Math.ceil(COUNT / 512) + 1) interrupt.abort();
    });
    const job = only((await engine.run('fixDrift', {}, { signal: interrupt.signal })).jobs);
    stop();
    expect(job).toMatchObject({ state: 'interrupted', reused: 256, embedded: 0 });
    const resumed = only((await engine.run('resume', { job: job.id })).jobs);
    expect(resumed).toMatchObject({
      state: 'completed',
      processed: COUNT - 10,
      reused: COUNT - 10,
      embedded: 0,
    });
    // Ten labels as they were, the others renewed once.
    expect(catalogNumber(notes.folder, 'SELECT max(next_label) FROM generation')).toBe(2 * COUNT - 10);
    await expectInSync(engine);
  });
});

describe('what is measured', () => {
  test('on a sample, with its interval, and the report says how much that is', async () => {
    const { engine } = await indexed(differentTexts(320));
    const { deep, notChecked } = await deepReport(engine);
    expect(deep).toMatchObject({
      vectors: 320,
      selfQuery: { sampled: 200, found: 200 },
      recall: { k: 10, sampled: 200, high: 1 },
      reembedded: { sampled: 64, differing: 0 },
    });
    expect(deep?.recall?.value).toBeGreaterThan(0.98);
    expect(deep?.recall?.low).toBeLessThan(deep?.recall?.value ?? 0);
    expect(deep?.recall?.low).toBeGreaterThan(0.95);
    expect(notChecked).toEqual([
      'texts embedded again: 64 of 320 (a sample)',
      'vectors searched for: 200 of 320 (a sample)',
    ]);
  });

  test('an index that lost half of its vectors does not find them', async () => {
    const { notes, engine } = await indexed(differentTexts(100));
    forgeIndex(notes.folder, 'note', (held) => {
      for (let label = 0; label < 50; label += 1) held.delete(label);
    });
    const { deep, lost } = await deepReport(engine);
    expect(lost).toBe(50);
    expect(deep?.selfQuery).toEqual({ sampled: 100, found: 50 });
    expect(deep?.recall?.value).toBeLessThan(0.7);
    expect(deep?.recall?.low).toBe(deep?.recall?.value);
  });

  test('dropped vectors that still take room, and a snapshot that could not be used', async () => {
    const { notes, engine } = await indexed();
    forgeIndex(notes.folder, 'note', () => {});
    notes.put({ 1: 'another text' });
    await engine.run('index');
    expect((await deepReport(engine)).deep).toMatchObject({ vectors: 20, tombstones: 1, rebuilt: null });
    await engine.close();
    const folder = join(notes.folder, '.plumbline', 'vectors', '1');
    const file = readdirSync(folder).find((name) => name.endsWith('.hnsw')) ?? '';
    truncateSync(join(folder, file), 100);
    const again = notes.open();
    expect((await deepReport(again)).deep).toMatchObject({
      tombstones: 0,
      rebuilt: { code: 'SNAPSHOT_DAMAGED', message: expect.any(String) },
    });
  });

  test('vectors of another model than today’s are not compared with its own', async () => {
    const { notes, engine } = await indexed();
    await engine.close();
    writeTinyModel(join(notes.folder, 'other'), { seed: 2 });
    notes.reconfigure({ model: './other' });
    const again = notes.open();
    expect(await deepReport(again)).toMatchObject({
      outdated: 20,
      corrupt: 0,
      deep: { vectors: 20, reembedded: null },
      notChecked: [expect.stringContaining('another model')],
    });
    expect(only((await again.run('fixDrift', { deep: true })).jobs)).toMatchObject({ state: 'completed' });
    expect(await deepReport(again)).toMatchObject({
      state: 'in_sync',
      deep: { reembedded: { differing: 0 } },
    });
  });
});

describe('where SQLite’s own structures are damaged', () => {
  /** The catalog's file, closed, and which of its pages is the first one of a table or index. */
  async function pageOf(name: string) {
    const { notes, engine } = await indexed();
    await engine.close();
    const path = join(notes.folder, '.plumbline', 'catalog.db');
    const pageSize = catalogNumber(notes.folder, 'PRAGMA page_size');
    const page = catalogNumber(notes.folder, 'SELECT rootpage FROM sqlite_schema WHERE name = ?', name);
    damageCatalog(notes.folder, (db) => db.pragma('wal_checkpoint(TRUNCATE)'));
    const bytes = readFileSync(path);
    const write = (changed: Buffer): void => {
      for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true });
      writeFileSync(path, changed);
    };
    return { notes, bytes, write, start: (page - 1) * pageSize, end: page * pageSize };
  }

  test('a table: validation and repair say so, and leave no report', async () => {
    const { notes, bytes, write, start, end } = await pageOf('chunk');
    write(Buffer.from(bytes).fill(0xff, start, end));
    const engine = notes.open();
    for (const verb of ['validate', 'fixDrift'] as const) {
      const { jobs, reports } = await engine.run(verb, { deep: true });
      expect(reports).toEqual([]);
      expect(only(jobs)).toMatchObject({ state: 'failed', error: { code: 'CATALOG_DAMAGED' } });
    }
    await engine.close();
    write(bytes);
  });

  test('an index: validation says so, and a repair makes it anew from its table', async () => {
    const { notes, bytes, write, end } = await pageOf('chunk_label');
    const damaged = Buffer.from(bytes);
    // Entries lie at the end of a page: this is a byte of the first one's key.
    damaged.writeUInt8(damaged.readUInt8(end - 2) ^ 0x40, end - 2);
    write(damaged);
    const engine = notes.open();
    const { jobs, reports } = await engine.run('validate', { deep: true });
    expect(reports).toEqual([]);
    expect(only(jobs)).toMatchObject({
      state: 'failed',
      error: {
        code: 'CATALOG_DAMAGED',
        message: expect.stringContaining('missing from index chunk_label'),
        hint: expect.stringContaining('fix-drift --deep'),
      },
    });
    const notices: string[] = [];
    const onNotice = (line: string): void => void notices.push(line);
    const repair = await engine.run('fixDrift', { deep: true }, { onNotice });
    expect(only(repair.jobs)).toMatchObject({ state: 'completed', processed: 0 });
    expect(notices).toEqual([expect.stringContaining('CATALOG_MENDED')]);
    expect(await deepReport(engine)).toMatchObject({ state: 'in_sync' });
    await expectInSync(engine);
  });
});

test('a deep plan knows what the last deep validation found, and says where there was none', async () => {
  const { engine } = await indexed(TEXTS);
  await expect(engine.run('fixDrift', { dryRun: true, deep: true })).rejects.toMatchObject({
    code: 'NOT_VALIDATED',
  });
  expect(only((await engine.run('fixDrift', { dryRun: true })).plans)).not.toHaveProperty('lost');
  await deepReport(engine);
  const { plans } = await engine.run('fixDrift', { dryRun: true, deep: true });
  expect(only(plans)).toMatchObject({ lost: 0, ghost: 0, corrupt: 0 });
});

test('a gate may speak of lost, ghost and corrupt only when it looks for them', async () => {
  const { notes, engine } = await indexed();
  damageCatalog(notes.folder, (db) => db.exec('UPDATE embedding SET crc = crc + 1 WHERE id IN (4, 5)'));
  const jobs = async (): Promise<number> => (await engine.run('jobs')).jobs.length;
  const before = await jobs();
  await expect(engine.run('check', { failOn: 'missing>0, corrupt>0' })).rejects.toMatchObject({
    code: 'POLICY_NEEDS_DEEP',
    message: expect.stringContaining('corrupt>0'),
    exitCode: 2,
  });
  expect(await jobs()).toBe(before);
  expect(await engine.run('check')).toMatchObject({ broken: [] });
  const { broken } = await engine.run('check', { deep: true, failOn: 'corrupt>=10%, lost>0, drift>1' });
  expect(broken).toEqual([
    { entityType: 'note', rule: 'corrupt>=10%', found: 10 },
    { entityType: 'note', rule: 'drift>1', found: 2 },
  ]);
});
