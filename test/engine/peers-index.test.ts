/** Bugs of others in crashes, and in the index itself, one test each; see also peers.test.ts. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../engine/contract.ts';
import { documentOf, plumbline, startPlumbline, untilInTheMiddle } from '../support/cli.ts';
import { forgeIndex } from '../support/forge.ts';
import { makeManyNotes, MANY } from '../support/many-notes.ts';
import { differentTexts, makeNotes } from '../support/notes.ts';
import {
  beforeCall,
  catalogNumber,
  driftOf,
  expectInSync,
  expectLabelsAgree,
  only,
  validate,
} from '../support/observe.ts';
import { makeWorkspace } from '../support/workspace.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

/** Threads of a process at this moment; 0 when it is gone. */
function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

const vectorFolder = (folder: string): string => join(folder, '.plumbline', 'vectors');

/** The one snapshot file of a workspace with one generation. */
function snapshotFile(folder: string): string {
  const files = readdirSync(vectorFolder(folder), { recursive: true }).map(String);
  return join(vectorFolder(folder), only(files.filter((name) => name.endsWith('.hnsw'))));
}

describe('crashes', () => {
  test('gpt4all#1757: progress lost on restart; gpt4all#2743: a crash loses hours', async () => {
    const workspace = await makeManyNotes(MANY);
    const process = startPlumbline(['index', '--workers', '1'], { cwd: workspace.folder });
    await untilInTheMiddle(workspace.folder, process);
    process.child.kill('SIGKILL');
    await process.ended;
    const kept = catalogNumber(workspace.folder, 'SELECT count(*) FROM entity');
    expect(kept).toBeGreaterThan(0);
    const resumed = await plumbline(['resume', '1', '--json'], { cwd: workspace.folder });
    const job = only((documentOf(resumed) as { jobs: Job[] }).jobs);
    expect(job).toMatchObject({ state: 'completed', processed: MANY });
    // What was committed before the crash was not embedded again: each text has one vector, made once.
    expect(job.embedded).toBe(catalogNumber(workspace.folder, 'SELECT count(*) FROM embedding'));
    expect(catalogNumber(workspace.folder, 'SELECT min(job_id) FROM entity')).toBe(1);
  });

  test('mempalace#1276: 10,404 of 533,000 lost in a crash, and nothing says so', async () => {
    const notes = await makeNotes(differentTexts(500));
    await notes.run('index');
    forgeIndex(notes.folder, 'note', (content) => {
      for (const label of content.keys()) if (label % 50 === 7) content.delete(label);
    });
    const engine = notes.open();
    expect(await validate(engine)).toMatchObject({ state: 'in_sync', lost: null });
    expect(only((await engine.run('validate', { deep: true })).reports)).toMatchObject({
      state: 'drifted',
      lost: 10,
      ghost: 0,
      corrupt: 0,
    });
    const { lost } = await driftOf(engine);
    expect(lost).toEqual(['8', '58', '108', '158', '208', '258', '308', '358', '408', '458']);
    await engine.run('fixDrift');
    expect(only((await engine.run('validate', { deep: true })).reports)).toMatchObject({ state: 'in_sync' });
    await expectLabelsAgree(engine);
  });
});

describe('the index itself', () => {
  test('uteke#901, deep: ghosts that only a look into the index finds', async () => {
    const notes = await makeNotes(differentTexts(300));
    await notes.run('index');
    forgeIndex(notes.folder, 'note', (content) => {
      const [vector] = content.values();
      for (let ghost = 5000; ghost < 5012; ghost += 1) content.set(ghost, vector ?? new Uint16Array());
    });
    const engine = notes.open();
    expect(only((await engine.run('validate', { deep: true })).reports)).toMatchObject({
      ghost: 12,
      lost: 0,
    });
    await engine.run('fixDrift');
    expect(only((await engine.run('validate', { deep: true })).reports)).toMatchObject({ ghost: 0, lost: 0 });
    await expectInSync(engine);
  });

  test('hnswlib#673: a bad header overflows and takes the process along', async () => {
    const notes = await makeNotes(differentTexts(2500));
    await notes.run('index');
    const path = snapshotFile(notes.folder);
    // A capacity of 2^63 elements, of 2^60 bytes each.
    const header = Buffer.alloc(32, 0xff);
    writeFileSync(path, Buffer.concat([header, Buffer.alloc(statSync(path).size - header.length)]));
    const lines: string[] = [];
    const { hits } = await notes.run(
      'search',
      { entityType: 'note', query: 'the red book', mode: 'vector' },
      {
        onNotice: (line) => lines.push(line),
      },
    );
    expect(hits).toHaveLength(10);
    expect(lines.join()).toContain('SNAPSHOT_DAMAGED');
    await expectLabelsAgree(notes.open());
  });

  test('hnswlib#249: deletes are only flagged, so that the file never shrinks', async () => {
    const notes = await makeNotes(differentTexts(3000));
    await notes.run('index');
    const before = statSync(snapshotFile(notes.folder)).size;
    notes.change((db) => db.exec('DELETE FROM note WHERE id > 1000'));
    await notes.run('fixDrift', { maxDeletePercent: 100 });
    await notes.run('compact');
    expect(statSync(snapshotFile(notes.folder)).size).toBeLessThan(before / 2);
    const engine = notes.open();
    expect(only((await engine.run('validate', { deep: true })).reports)).toMatchObject({
      state: 'in_sync',
      indexed: 1000,
      deep: { tombstones: 0 },
    });
  });
});

describe('cost', () => {
  test.skipIf(process.platform !== 'linux')(
    'vellum-assistant#39789: one default ONNX session takes every core',
    async () => {
      const workspace = await makeManyNotes(MANY);
      const threads = async (workers: string): Promise<number> => {
        const process = startPlumbline(['index', '--force', '--workers', workers], { cwd: workspace.folder });
        let most = 0;
        while (process.child.exitCode === null) {
          most = Math.max(most, threadsOf(process.child.pid ?? 0));
          await wait(5);
        }
        expect((await process.ended).code).toBe(0);
        return most;
      };
      const one = await threads('1');
      // Two more workers are two more threads: a session with a pool of its own would bring one per core each.
      expect((await threads('3')) - one).toBeLessThanOrEqual(2);
    },
  );
});

describe('keys', () => {
  test('reladiff#37: split points by min/max degrade on skewed keys', async () => {
    const ends = [-(2n ** 63n), -7n, 2n ** 53n + 1n, 2n ** 63n - 1n];
    const workspace = await makeWorkspace(
      (db) => {
        db.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)');
        const insert = db.prepare('INSERT INTO note VALUES (?, ?)');
        [...ends, ...Array.from({ length: 4000 }, (_, i) => BigInt(i))].forEach((id) =>
          insert.run(id, `text number ${id}`),
        );
      },
      { model: './tiny', entityTypes: { note: { key: ['id'], template: '{{body}}' } } },
    );
    writeTinyModel(join(workspace.folder, 'tiny'));
    const engine = workspace.open();
    await engine.run('index');
    workspace.change((db) => {
      db.exec(
        `UPDATE note SET body = 'changed' WHERE id IN (-9223372036854775808, 9223372036854775807, 2000)`,
      );
      db.exec('DELETE FROM note WHERE id = 9007199254740993');
    });
    let pages = 0;
    beforeCall((await engine.engine.source()).thread, 'scan', () => (pages += 1));
    await validate(engine);
    expect(await driftOf(engine)).toEqual({
      stale: ['-9223372036854775808', '2000', '9223372036854775807'],
      orphaned: ['9007199254740993'],
    });
    // As many pages as rows need, wherever their keys lie.
    expect(pages).toBe(4);
  });
});
