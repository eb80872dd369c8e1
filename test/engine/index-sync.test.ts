/** How the graph follows the catalog: damaged vectors, lost history, a thread that dies, what stays in memory, compaction. */
import { copyFileSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openCatalogForReading } from '../../engine/catalog/catalog.ts';
import type { Job } from '../../engine/contract.ts';
import { IndexSync, type VectorsThread } from '../../engine/jobs/index-sync.ts';
import { isCompactionDue } from '../../engine/jobs/writing-index-sync.ts';
import { openThreads } from '../../engine/threads.ts';
import {
  damage,
  DIMENSIONS,
  openGraphIndex,
  range,
  vectorOf,
  type GraphIndex,
} from '../support/graph-index.ts';
import { differentTexts, makeNotes, type Notes } from '../support/notes.ts';
import { atSourceCall, beforeCall, only } from '../support/observe.ts';
import { noReadOnlyFolder } from '../support/read-only-folder.ts';
import { mountDisk } from '../support/tmpfs.ts';
import type { TestEngine } from '../support/workspace.ts';
import { workerUrls } from '../../workers/urls.ts';

const noMounts = noReadOnlyFolder();

/** Enough operations for a snapshot to be due. */
const MANY = 2100;

const all = (index: GraphIndex): number[] => [...index.catalog.opLog.labels(index.generationId)];

/** A process that only reads, beside the writer. */
function openReader(writer: GraphIndex): {
  readonly sync: IndexSync;
  readonly vectors: VectorsThread;
  readonly notices: string[];
} {
  const catalog = openCatalogForReading(writer.catalogPath);
  const vectors: VectorsThread = openThreads({ url: workerUrls.vectors, count: 1, label: 'vector index' });
  onTestFinished(async () => {
    await vectors.close();
    catalog.close();
  });
  const notices: string[] = [];
  const sync = new IndexSync(catalog, vectors, writer.vectorsFolder, (line) => void notices.push(line));
  return { sync, vectors, notices };
}

const manifestOf = (index: GraphIndex): string =>
  join(index.vectorsFolder, String(index.generationId), 'manifest.json');

/** Every `step`-th of the numbers is found by its own vector. */
async function expectFound(index: GraphIndex, numbers: readonly number[], step = 50): Promise<void> {
  for (let at = 0; at < numbers.length; at += step) {
    expect(await index.search(numbers[at]!)).toEqual([numbers[at]]);
  }
}

describe('a damaged vector in the catalog', () => {
  const flip = `UPDATE embedding SET vector = CAST(x'ffff' || substr(vector, 3) AS BLOB) WHERE id = ?`;

  /** As a model's bug would have left it: the checksum is right. */
  const notFinite = Buffer.from(new Uint16Array(DIMENSIONS).fill(0x7c00).buffer);

  test('one that is not finite does not fail the rebuild of a whole graph', async () => {
    const index = openGraphIndex();
    index.add(...range(1, 50));
    damage(
      index.catalogPath,
      'UPDATE embedding SET vector = ?, crc = ? WHERE id = 7',
      notFinite,
      crc32(notFinite),
    );
    const again = await index.reopen();
    expect(await again.labels()).toEqual(all(again).filter((label) => label !== 6));
    await expectFound(again, [1, 6, 8, 50], 1);
  });

  test.each([
    ['a flipped byte', flip],
    ['a missing byte', `UPDATE embedding SET vector = substr(vector, 2) WHERE id = ?`],
    ['another checksum', `UPDATE embedding SET crc = crc + 1 WHERE id = ?`],
  ])('%s keeps it, and nothing else, out of the graph, and is told once', async (_what, sql) => {
    const index = openGraphIndex();
    index.add(...range(1, 50));
    for (const id of [7, 8]) damage(index.catalogPath, sql, id);
    const expected = all(index).filter((label) => label !== 6 && label !== 7);
    expect(await index.labels()).toEqual(expected);
    index.add(51);
    expect(await index.labels()).toEqual([...expected, 50]);
    expect(index.notices).toEqual([
      'VECTOR_DAMAGED: 2 stored vectors of note are damaged and left out of the index; run plumbline validate --deep, then fix-drift',
    ]);
  });

  test('is left out of a rebuild from all labels, too', async () => {
    const index = openGraphIndex();
    index.add(...range(1, MANY));
    await index.sync.settle(index.generationId);
    damage(index.catalogPath, flip, 100);
    for (const name of readdirSync(index.vectorsFolder)) {
      writeFileSync(join(index.vectorsFolder, name, 'manifest.json'), 'damaged');
    }
    const again = await index.reopen();
    expect(await again.labels()).toEqual(all(again).filter((label) => label !== 99));
    expect(again.notices.map((line) => line.split(':')[0])).toEqual(['MANIFEST_DAMAGED', 'VECTOR_DAMAGED']);
    await expectFound(again, range(1, 99));
  });

  test('that was replaced by a sound one is in the graph', async () => {
    const index = openGraphIndex();
    index.add(...range(1, 10));
    damage(index.catalogPath, flip, 5);
    expect(await index.labels()).toHaveLength(9);
    index.add(5);
    expect(await index.labels()).toHaveLength(10);
    expect(await index.search(5)).toEqual([5]);
  });
});

describe('a snapshot that is not of this history', () => {
  /** A snapshot of `MANY`, and a copy of the catalog from before its second half. */
  async function withOlderCopy(): Promise<{ index: GraphIndex; copy: string }> {
    let index = openGraphIndex();
    index.add(...range(1, 1000));
    index = await index.reopen();
    const copy = join(index.folder, 'older.db');
    await index.close();
    copyFileSync(index.catalogPath, copy);
    index = openGraphIndex({ folder: index.folder });
    index.add(...range(1001, MANY - 1000));
    await index.sync.settle(index.generationId);
    await index.close();
    return { index, copy };
  }

  test('tells a catalog that ends before it: commits were lost', async () => {
    const { index, copy } = await withOlderCopy();
    copyFileSync(copy, index.catalogPath);
    const again = await index.reopen();
    expect(await again.labels()).toEqual(range(0, 1000));
    expect(again.notices).toEqual([
      expect.stringMatching(/^CATALOG_BEHIND: .* 1000, .* 2100: .*plumbline validate/),
    ]);
    expect(again.sync.discardOf(again.generationId)).toMatchObject({ code: 'CATALOG_BEHIND' });
    expect(await again.vectors.call('stats', again.generationId)).toMatchObject({
      sequence: 1000,
      snapshotSequence: 0,
    });
  });

  test('is foreign where the catalog went on another way', async () => {
    const { index, copy } = await withOlderCopy();
    copyFileSync(copy, index.catalogPath);
    const again = await index.reopen();
    again.add(...range(5001, 1200));
    expect(await again.labels()).toEqual(range(0, 2200));
    expect(again.sync.discardOf(again.generationId)).toMatchObject({ code: 'SNAPSHOT_FOREIGN' });
    await expectFound(again, range(5001, 1200));
  });

  test('is replaced at the end of the next job, however short its log, and then complained of no more', async () => {
    const { index, copy } = await withOlderCopy();
    copyFileSync(copy, index.catalogPath);
    const again = await index.reopen();
    await again.labels();
    await again.sync.settle(again.generationId);
    expect(again.sync.discardOf(again.generationId)).toBeNull();
    const third = await again.reopen();
    expect(await third.labels()).toEqual(range(0, 1000));
    expect(third.notices).toEqual([]);
  });
});

describe('a vectors thread that dies', () => {
  const dying = new URL('../support/dying-vectors.ts', import.meta.url);

  test('under a search is started again, and the search answered', async () => {
    const first = openGraphIndex();
    vi.stubEnv('DYING_VECTORS_MARKER', join(first.folder, 'died'));
    onTestFinished(() => void vi.unstubAllEnvs());
    const index = await first.reopen(dying);
    index.add(...range(1, 300));
    await expectFound(index, [1, 300], 1);
    expect(await index.search(42, 13)).toHaveLength(13);
    expect(readdirSync(index.folder)).toContain('died');
    index.add(301);
    await expectFound(index, [1, 300, 301], 1);
    expect(await index.labels()).toEqual(all(index));
  });

  test('leaves a follower that opens again what the new thread never had', async () => {
    const index = openGraphIndex();
    index.add(...range(1, 300));
    await index.labels();
    await index.vectors.call('close', index.generationId);
    index.add(301);
    expect(await index.labels()).toEqual(range(0, 301));
    index.add(...range(302, MANY));
    await index.labels();
    await index.vectors.call('close', index.generationId);
    await index.sync.settle(index.generationId);
    expect((await index.vectors.call('stats', index.generationId)).snapshotSequence).toBe(MANY + 301);
  });
});

describe('what stays in memory', () => {
  const isOpen = (index: GraphIndex, generationId: number): Promise<boolean> =>
    index.vectors.call('stats', generationId).then(
      () => true,
      () => false,
    );

  test('a graph that a job used goes at its end; one that is searched stays', async () => {
    const index = openGraphIndex();
    index.add(1, 2, 3);
    await index.sync.withGraph(index.generationId, () => Promise.resolve());
    expect(await isOpen(index, index.generationId)).toBe(true);
    await index.sync.settle(index.generationId);
    expect(await isOpen(index, index.generationId)).toBe(false);
    await index.search(1);
    await index.sync.settle(index.generationId);
    expect(await isOpen(index, index.generationId)).toBe(true);
  });

  test('never goes while somebody works with it, however often it is let go', async () => {
    const index = openGraphIndex();
    index.add(1, 2, 3);
    await index.sync.withGraph(index.generationId, async () => {
      await index.sync.settle(index.generationId);
      await index.sync.forget(index.generationId);
      expect(await isOpen(index, index.generationId)).toBe(true);
      expect(await index.search(2)).toEqual([2]);
      await index.sync.forget(index.generationId);
    });
    expect(await isOpen(index, index.generationId)).toBe(false);
  });

  test('a generation that takes over from one that is searched stays, and the former one goes', async () => {
    const index = openGraphIndex();
    index.add(1, 2, 3);
    await index.search(1);
    const next = index.addGeneration('building');
    await index.sync.withGraph(next, () => Promise.resolve());
    await index.sync.settle(next);
    expect(await isOpen(index, next)).toBe(true);
    index.catalog.transaction(() => index.catalog.generations.switchTo(next));
    await index.sync.forget(index.generationId);
    expect(await isOpen(index, index.generationId)).toBe(false);
    await index.sync.settle(next);
    expect(await isOpen(index, next)).toBe(true);
  });

  test('the first search of a new generation sends a retired one away', async () => {
    const index = openGraphIndex();
    index.add(1, 2, 3);
    await index.search(1);
    const next = index.addGeneration('building');
    index.catalog.transaction(() => index.catalog.generations.switchTo(next));
    await index.sync.catchUp(next);
    await vi.waitFor(async () => expect(await isOpen(index, index.generationId)).toBe(false));
    expect(await isOpen(index, next)).toBe(true);
  });
});

describe('a reader whose log was pruned by the writer', () => {
  test('builds the graph anew beside the one that its searches are in', async () => {
    const writer = openGraphIndex();
    writer.add(...range(1, 100));
    const { sync: reader, vectors } = openReader(writer);
    const ask = async (number: number): Promise<number[]> => [
      ...(await vectors.call('search', writer.generationId, vectorOf(number), 1)).labels,
    ];
    await reader.withGraph(writer.generationId, async () => {
      writer.add(...range(101, MANY));
      await writer.sync.settle(writer.generationId);
      expect(writer.catalog.opLog.after(writer.generationId, 0, 1)).toBeNull();
      const during: Promise<number[]>[] = [];
      beforeCall(vectors, 'rebuildApply', () => void during.push(ask(100), ask(101)));
      await reader.catchUp(writer.generationId);
      const [first, second] = await Promise.all(during);
      expect(first).toEqual([99]);
      expect(second).not.toEqual([100]);
      expect(await ask(101)).toEqual([100]);
    });
    expect(await vectors.call('labels', writer.generationId)).toHaveLength(100 + MANY);
  });
});

describe('an index that is far behind', () => {
  /** More operations than are replayed without a word. */
  const FAR = 5000;

  test('is told once, and a reader also hears what saves it for the next one', async () => {
    const writer = openGraphIndex();
    writer.add(...range(1, MANY));
    await writer.sync.settle(writer.generationId);
    writer.add(...range(10_001, FAR));
    const reader = openReader(writer);
    await reader.sync.catchUp(writer.generationId);
    writer.add(...range(20_001, FAR));
    await reader.sync.catchUp(writer.generationId);
    expect(reader.notices).toEqual([
      'INDEX_BEHIND: the index of note is 5,000 changes behind; bringing it up to date (`plumbline index note` saves it for the next one)',
    ]);
    await writer.sync.settle(writer.generationId);
    expect(writer.notices).toEqual([
      'INDEX_BEHIND: the index of note is 10,000 changes behind; bringing it up to date',
    ]);
    const next = openReader(writer);
    await next.sync.catchUp(writer.generationId);
    expect(next.notices).toEqual([]);
  });

  test('is told where it has to be built from the catalog, and not while a job writes', async () => {
    const writer = openGraphIndex();
    writer.add(...range(1, FAR));
    const reader = openReader(writer);
    await reader.sync.catchUp(writer.generationId);
    expect(reader.notices).toEqual([
      'INDEX_BEHIND: the index of note has to be built from 5,000 vectors in the catalog (`plumbline index note` saves it for the next one)',
    ]);
    writer.sync.nudge(writer.generationId);
    await writer.sync.settle(writer.generationId);
    expect(writer.notices).toEqual([]);
    // Whole in its size, so that only who reads it finds it damaged.
    const folder = join(writer.vectorsFolder, String(writer.generationId));
    const file = readdirSync(folder).find((name) => name.endsWith('.hnsw')) ?? '';
    writeFileSync(join(folder, file), Buffer.alloc(statSync(join(folder, file)).size));
    const next = openReader(writer);
    await next.sync.catchUp(writer.generationId);
    expect(next.notices).toEqual([
      expect.stringMatching(/^SNAPSHOT_DAMAGED/),
      expect.stringMatching(
        /^INDEX_BEHIND: .* \(`plumbline validate note --deep` saves it for the next one\)$/,
      ),
    ]);
  });

  test('is not told for a few changes', async () => {
    const writer = openGraphIndex();
    writer.add(...range(1, MANY));
    const reader = openReader(writer);
    await reader.sync.catchUp(writer.generationId);
    writer.add(...range(10_001, MANY));
    await reader.sync.catchUp(writer.generationId);
    expect(reader.notices).toEqual([]);
  });
});

describe('a snapshot that is gone with its manifest', () => {
  test.each(['manifest', 'folder'])('is told, and replaced at the next settling: %s', async (what) => {
    const index = openGraphIndex();
    index.add(...range(1, MANY));
    await index.sync.settle(index.generationId);
    rmSync(what === 'folder' ? index.vectorsFolder : manifestOf(index), { recursive: true });
    const reader = openReader(index);
    await reader.sync.catchUp(index.generationId);
    const gone = /^SNAPSHOT_MISSING: the snapshot of the vector index is gone.*; the index is rebuilt from/;
    expect(reader.notices).toEqual([expect.stringMatching(gone)]);
    expect(reader.sync.discardOf(index.generationId)).toMatchObject({ code: 'SNAPSHOT_MISSING' });
    const again = await index.reopen();
    expect(await again.labels()).toEqual(range(0, MANY));
    expect(again.notices).toEqual([expect.stringMatching(gone)]);
    expect(again.sync.discardOf(again.generationId)).toMatchObject({ code: 'SNAPSHOT_MISSING' });
    await again.sync.settle(again.generationId);
    expect(again.sync.discardOf(again.generationId)).toBeNull();
    expect(existsSync(manifestOf(again))).toBe(true);
    const third = await again.reopen();
    expect(await third.labels()).toEqual(range(0, MANY));
    expect(third.notices).toEqual([]);
  });

  test('is replaced although its log is short and nobody has opened it', async () => {
    const index = openGraphIndex();
    index.add(...range(1, 1100));
    await index.sync.compact(index.generationId, new AbortController().signal);
    rmSync(manifestOf(index));
    const again = await index.reopen();
    await again.sync.settle(again.generationId);
    expect(existsSync(manifestOf(again))).toBe(true);
    expect(again.notices).toEqual([expect.stringMatching(/^SNAPSHOT_MISSING/)]);
  });

  test('is none where there never was one', async () => {
    const index = openGraphIndex();
    index.add(1, 2, 3);
    expect(await index.labels()).toEqual([0, 1, 2]);
    expect(index.notices).toEqual([]);
    expect(index.sync.discardOf(index.generationId)).toBeNull();
  });
});

describe('the end of a job', () => {
  /** Indexed notes whose snapshot is gone: whoever settles writes another one. */
  async function behind(): Promise<{ notes: Notes; isSettled: () => boolean }> {
    const notes = await makeNotes(differentTexts(MANY));
    await notes.run('index');
    const vectors = join(notes.folder, '.plumbline', 'vectors');
    const isSettled = (): boolean => existsSync(join(vectors, '1', 'manifest.json'));
    expect(isSettled()).toBe(true);
    rmSync(vectors, { recursive: true });
    return { notes, isSettled };
  }

  /** Asks for a stop of job 2 as soon as it reads documents; what is answered then. */
  async function stopAtDocuments(engine: TestEngine, request: 'pause' | 'cancel') {
    const answer = Promise.withResolvers<{ jobs: Job[] }>();
    await atSourceCall(engine, 'documents', 1, () => {
      engine.run(request, { job: '2' }).then(answer.resolve, answer.reject);
    });
    return () => answer.promise;
  }

  test.each(['pause', 'cancel'] as const)('by request (%s) leaves a settled index', async (request) => {
    const { notes, isSettled } = await behind();
    notes.put({ 1: 'another text' });
    const engine = notes.open();
    const asked = await stopAtDocuments(engine, request);
    const { state } = only((await engine.run('index')).jobs);
    expect(only((await asked()).jobs).state).toBe(state);
    expect(state).toBe(request === 'pause' ? 'paused' : 'cancelled');
    expect(isSettled()).toBe(true);
  });

  test('by the caller does not wait for the index; the verb that goes on settles it', async () => {
    const { notes, isSettled } = await behind();
    notes.put({ 1: 'another text' });
    const engine = notes.open();
    const abort = new AbortController();
    await atSourceCall(engine, 'documents', 1, () => abort.abort());
    const { id, state } = only((await engine.run('index', {}, { signal: abort.signal })).jobs);
    expect(state).toBe('interrupted');
    await engine.close();
    expect(isSettled()).toBe(false);
    await notes.run('resume', { job: id });
    expect(isSettled()).toBe(true);
  });

  test('that was paused stops settling when the caller goes', async () => {
    const { notes } = await behind();
    notes.put({ 1: 'another text' });
    const engine = notes.open();
    const abort = new AbortController();
    const asked = await stopAtDocuments(engine, 'pause');
    const never = Promise.withResolvers<never>();
    const { vectors } = engine.engine.searchContext();
    const { call } = vectors;
    vectors.call = ((name: string, ...args: never[]) => {
      if (name !== 'rebuildBegin')
        return (call as (...all: unknown[]) => unknown).call(vectors, name, ...args);
      abort.abort();
      return never.promise;
    }) as typeof call;
    expect(only((await engine.run('index', {}, { signal: abort.signal })).jobs).state).toBe('paused');
    await asked();
  });

  test('that only validated, the plain way, leaves a settled index, too', async () => {
    const { notes, isSettled } = await behind();
    await notes.run('validate');
    expect(isSettled()).toBe(true);
  });
});

describe('compaction', () => {
  const never = new AbortController().signal;

  /** `count` live ones from 1 on, and as many dropped. */
  function half(count: number, tombstonePercent = 100): GraphIndex {
    const index = openGraphIndex({ tombstonePercent });
    index.add(...range(1, 2 * count));
    return index;
  }
  const stats = (index: GraphIndex) => index.vectors.call('stats', index.generationId);

  test('takes the dropped vectors out, saves, and prunes the log', async () => {
    const index = half(1100);
    await index.labels();
    index.remove(...range(1101, 1100));
    expect(await index.sync.compact(index.generationId, never)).toEqual({ vectors: 1100, tombstones: 1100 });
    expect(await index.labels()).toEqual(range(0, 1100));
    expect(await stats(index)).toMatchObject({ tombstones: 0, sequence: 3300, snapshotSequence: 3300 });
    expect(index.catalog.opLog.after(index.generationId, 0, 1)).toBeNull();
    const again = await index.reopen();
    expect(await again.labels()).toEqual(range(0, 1100));
    expect(again.notices).toEqual([]);
    await expectFound(again, range(1, 1100));
  });

  test('lets searches find everything before, while and after, and takes over what is committed meanwhile', async () => {
    const index = half(1200);
    await index.labels();
    index.remove(...range(1201, 1200));
    await index.labels();
    let searches = 0;
    let nth = 0;
    let isDone = false;
    beforeCall(index.vectors, 'rebuildApply', () => {
      nth += 1;
      if (nth === 2) index.add(9001, 9002);
      if (nth === 3) index.remove(1, 9002);
    });
    const compacting = index.sync.compact(index.generationId, never).finally(() => (isDone = true));
    const during = new Set<number>();
    while (!isDone) {
      const number = 2 + ((searches * 37) % 1150);
      expect(await index.search(number)).toEqual([number]);
      searches += 1;
      during.add((await stats(index)).tombstones);
    }
    expect(await compacting).toMatchObject({ tombstones: 1200 });
    expect(nth).toBeGreaterThan(3);
    // From the old graph while the new one was built, and from the new one afterwards.
    expect(Math.max(...during)).toBeGreaterThanOrEqual(1200);
    expect(searches).toBeGreaterThan(2);
    expect(await index.labels()).toEqual(all(index));
    expect(await index.search(9001)).toEqual([9001]);
    expect(await index.search(1)).not.toEqual([1]);
    await expectFound(index, range(2, 1199));
    expect((await stats(index)).tombstones).toBeLessThanOrEqual(2);
  });

  test.each([1, 3])('leaves the old graph as it is when it is aborted before page %i', async (page) => {
    const index = half(1200);
    await index.labels();
    index.remove(...range(1201, 1200));
    const abort = new AbortController();
    let nth = 0;
    beforeCall(index.vectors, 'rebuildApply', () => {
      if ((nth += 1) === page) abort.abort();
    });
    await expect(index.sync.compact(index.generationId, abort.signal)).rejects.toThrow('aborted');
    await index.sync.catchUp(index.generationId);
    expect(await stats(index)).toMatchObject({ live: 1200, tombstones: 1200 });
    await expect(index.vectors.call('rebuildFinish', index.generationId, 1)).rejects.toMatchObject({
      code: 'REBUILD_NOT_BEGUN',
    });
    await expectFound(index, range(1, 1200), 300);
    expect(await index.sync.compact(index.generationId, never)).toEqual({ vectors: 1200, tombstones: 1200 });
  });

  test('of the same graph, asked for twice at once, is done one after the other', async () => {
    const index = half(1200);
    await index.labels();
    index.remove(...range(1201, 1200));
    const both = await Promise.all([1, 2].map(() => index.sync.compact(index.generationId, never)));
    expect(both).toEqual([
      { vectors: 1200, tombstones: 1200 },
      { vectors: 1200, tombstones: 0 },
    ]);
    await index.sync.catchUp(index.generationId);
    expect(await stats(index)).toMatchObject({ live: 1200, tombstones: 0 });
  });

  test.skipIf(noMounts !== null)(
    `on a full disk leaves the snapshot that was there${noMounts === null ? '' : ` (skipped: ${noMounts})`}`,
    async () => {
      const disk = mountDisk('2m');
      const index = openGraphIndex({ vectorsFolder: disk.folder, tombstonePercent: 100 });
      index.add(...range(1, 2200));
      await index.sync.settle(index.generationId);
      index.remove(...range(1101, 1100));
      disk.resize('600k');
      await expect(index.sync.compact(index.generationId, never)).rejects.toMatchObject({
        code: 'DISK_FULL',
      });
      expect(readdirSync(join(disk.folder, String(index.generationId)))).toHaveLength(2);
      expect(await index.labels()).toEqual(range(0, 1100));
      const again = await index.reopen();
      expect(await again.labels()).toEqual(range(0, 1100));
      expect(await stats(again)).toMatchObject({ tombstones: 1100, snapshotSequence: 2200 });
      expect(again.notices).toEqual([]);
      disk.resize('2m');
      expect(await again.sync.compact(again.generationId, never)).toEqual({
        vectors: 1100,
        tombstones: 1100,
      });
    },
  );

  test('of an empty graph does nothing', async () => {
    const index = openGraphIndex();
    expect(await index.sync.compact(index.generationId, never)).toEqual({ vectors: 0, tombstones: 0 });
  });

  test('comes by itself at the end of a job, in the place of a snapshot, from the configured share on', async () => {
    const index = half(1200, 50);
    await index.labels();
    index.remove(...range(1201, 1200));
    const other = await index.reopen();
    await other.sync.settle(other.generationId);
    expect(await other.labels()).toEqual(range(0, 1200));
    expect(await stats(other)).toMatchObject({ tombstones: 0, snapshotSequence: 3600 });
  });

  test('comes at the end of a job whose running snapshot left a short log', async () => {
    const index = openGraphIndex();
    index.add(...range(1, 3000));
    await index.sync.settle(index.generationId);
    index.remove(...range(901, 2100));
    index.sync.nudge(index.generationId);
    await index.sync.settle(index.generationId);
    expect(await index.labels()).toEqual(range(0, 900));
    expect(await stats(index)).toMatchObject({ tombstones: 0, snapshotSequence: 5100 });
  });

  test('comes from few drops in each of several jobs', async () => {
    let index = openGraphIndex();
    index.add(...range(1, 3000));
    await index.sync.settle(index.generationId);
    const snapshots: number[] = [];
    for (const first of [1, 401, 801]) {
      index = await index.reopen();
      index.remove(...range(first, 400));
      await index.sync.settle(index.generationId);
      snapshots.push(index.catalog.generations.get(index.generationId).snapshotSequence);
    }
    // A graph without enough tombstones is not even opened.
    expect(snapshots).toEqual([3000, 3000, 4200]);
    expect(await index.labels()).toEqual(range(1200, 1800));
    expect(await stats(index)).toMatchObject({ tombstones: 0, snapshotSequence: 4200 });
  });

  test('goes on in the background where the graph is searched: the job does not wait for it', async () => {
    const index = half(1100, 50);
    await index.labels();
    index.remove(...range(1101, 1100));
    let isBuilding = true;
    beforeCall(index.vectors, 'rebuildFinish', () => (isBuilding = false));
    await index.sync.settle(index.generationId);
    expect(isBuilding).toBe(true);
    await vi.waitFor(
      async () => expect(await stats(index)).toMatchObject({ tombstones: 0, snapshotSequence: 3300 }),
      {
        timeout: 10_000,
      },
    );
    await expectFound(index, range(1, 1100));
    expect(index.notices).toEqual([]);
  });

  test('in the background ends with the process, and says nothing of it', async () => {
    const index = half(1100, 50);
    await index.labels();
    index.remove(...range(1101, 1100));
    await index.sync.settle(index.generationId);
    const again = await index.reopen();
    expect(index.notices).toEqual([]);
    expect(await again.labels()).toEqual(range(0, 1100));
  });

  test.each([
    [{ live: 3000, tombstones: 999 }, false],
    [{ live: 3000, tombstones: 1000 }, true],
    [{ live: 3001, tombstones: 1000 }, false],
    [{ live: 0, tombstones: 1000 }, true],
  ])('is due at a share of a quarter for %j: %s', (graph, isDue) => {
    expect(isCompactionDue(graph, { tombstonePercent: 25 })).toBe(isDue);
  });
});
