/**
 * A disk that is full at exactly one durable step of a job: said clearly, and after space was made the job goes on.
 * `npm run test:all` takes one step of each kind; with `PLUMBLINE_DISK_STEPS=all`, as `npm run soak -- --disk` sets it, all run.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Job, Output } from '../../engine/contract.ts';
import { PlumblineError } from '../../engine/errors.ts';
import { Random } from '../../engine/sample/random.ts';
import { noReadOnlyFolder } from '../support/read-only-folder.ts';
import { mountDisk } from '../support/tmpfs.ts';
import { temporaryFolder } from '../support/workspace.ts';
import { catalogPath, readIndexed, stateDifferences, textsOf } from './catalog-state.ts';
import { errorOf, expectRun, run } from './child.ts';
import {
  beforeMethod,
  beforeThreadCall,
  beforeTransactionOf,
  openEngine,
  type OpenEngine,
} from './engine.ts';
import { changeSource, makeFaultWorkspace, mutateSource, newText, readSource, type Texts } from './notes.ts';
import { verify } from './verify.ts';

/** Enough texts of several chunks for a snapshot to be due; and for steps that need none. */
const ROWS = 1100;
const FEW_ROWS = 200;
const DISK = '48m';
const PAGE = 4096;

// Each runs a job twice and validates it deeply: seconds, and many where other tests run beside them.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const noDisk = process.platform === 'linux' ? noReadOnlyFolder() : 'tmpfs is of Linux';
const random = new Random(20_26);
const allSteps = process.env['PLUMBLINE_DISK_STEPS'] === 'all';

interface Step {
  readonly name: string;
  readonly verb: 'index' | 'fixDrift' | 'validate' | 'rebuild' | 'rollback';
  /** One of its kind, for `npm run test:all`. */
  readonly typical?: boolean;
  /** Starts on a source that nothing was indexed of, instead of one that has moved since. */
  readonly fresh?: boolean;
  /** Arranges that `fill` is called right before the step; it leaves so many bytes free. */
  arm(opened: OpenEngine, fill: (leave?: number) => void): Promise<void> | void;
}

const sourceOf = async ({ engine }: OpenEngine) => (await engine.source()).thread;
const vectorsOf = ({ engine }: OpenEngine) => engine.searchContext().vectors;
/** Bytes that the snapshot of a fresh index takes; told by an index on a disk with room. */
let snapshotBytes = 0;

const STEPS: readonly Step[] = [
  {
    name: 'the first commits of an index',
    verb: 'index',
    fresh: true,
    arm: async (opened, fill) => beforeThreadCall(await sourceOf(opened), 'documents', 1, fill),
  },
  {
    name: 'a commit in the middle of a repair',
    verb: 'fixDrift',
    typical: true,
    arm: async (opened, fill) => beforeThreadCall(await sourceOf(opened), 'documents', 2, fill),
  },
  {
    name: 'the snapshot',
    verb: 'index',
    fresh: true,
    arm: (opened, fill) => beforeThreadCall(vectorsOf(opened), 'snapshot', 1, fill),
  },
  {
    name: 'the second half of the snapshot',
    verb: 'index',
    fresh: true,
    typical: true,
    arm: (opened, fill) =>
      beforeThreadCall(vectorsOf(opened), 'snapshot', 1, () => fill(Math.floor(snapshotBytes / 2))),
  },
  {
    name: 'the switch of the manifest',
    verb: 'index',
    fresh: true,
    typical: true,
    arm: (opened, fill) => beforeThreadCall(vectorsOf(opened), 'snapshot', 1, () => fill(snapshotBytes)),
  },
  {
    name: 'pruning the op log',
    verb: 'index',
    fresh: true,
    arm: ({ engine }, fill) => beforeTransactionOf(engine.writable(), engine.writable().opLog, 'prune', fill),
  },
  {
    name: 'the items of a report',
    verb: 'validate',
    arm: async (opened, fill) => beforeThreadCall(await sourceOf(opened), 'scan', 1, fill),
  },
  {
    name: 'the verdict of a report',
    verb: 'validate',
    arm: async (opened, fill) => beforeThreadCall(await sourceOf(opened), 'changeToken', 2, fill),
  },
  {
    name: 'pruning older reports',
    verb: 'validate',
    arm: ({ engine }, fill) =>
      beforeTransactionOf(engine.writable(), engine.writable().reports, 'pruneItems', fill),
  },
  {
    name: 'a commit of a rebuild',
    verb: 'rebuild',
    arm: async (opened, fill) => beforeThreadCall(await sourceOf(opened), 'documents', 1, fill),
  },
  {
    name: 'the switch of a rebuild',
    verb: 'rebuild',
    typical: true,
    arm: ({ engine }, fill) =>
      beforeTransactionOf(engine.writable(), engine.writable().generations, 'switchTo', fill),
  },
  {
    name: 'a commit of a rollback',
    verb: 'rollback',
    arm: ({ engine }, fill) =>
      beforeTransactionOf(engine.writable(), engine.writable().jobs, 'addCounts', fill),
  },
];

/** Compaction is no job: it is refused or stopped, and done again. */
const COMPACTIONS: readonly (Pick<Step, 'name' | 'arm'> & {
  /** Starts on an index that has a snapshot, and so tombstones. */
  readonly large?: boolean;
  readonly prepare?: (folder: string) => void;
})[] = [
  {
    name: 'the new graph',
    large: true,
    arm: (opened, fill) => beforeThreadCall(vectorsOf(opened), 'snapshot', 1, fill),
  },
  {
    name: 'giving back free pages',
    arm: ({ engine }, fill) => beforeMethod(engine.writable().space, 'shrink', fill),
  },
  {
    name: 'writing the catalog of an older version anew',
    prepare(folder) {
      const db = new Database(catalogPath(folder));
      db.pragma('auto_vacuum = NONE');
      db.exec('VACUUM');
      db.close();
    },
    arm: ({ engine }, fill) => beforeMethod(engine.writable().space, 'rewrite', fill),
  },
];

/** Fills the disk that a folder is on, but for so many bytes; frees it again. */
function filler(folder: string) {
  const file = join(folder, 'filler');
  return {
    fill(leave = 0): void {
      // Room inside of the log would take commits for a while.
      const db = new Database(catalogPath(folder));
      db.pragma('wal_checkpoint(TRUNCATE)');
      db.close();
      const { bavail, bsize } = statfsSync(folder);
      const bytes = bavail * bsize - Math.ceil(leave / PAGE) * PAGE;
      try {
        writeFileSync(file, Buffer.alloc(Math.max(0, bytes)));
      } catch {
        // The last page goes to the file's own bookkeeping.
      }
    },
    free: () => rmSync(file, { force: true }),
  };
}

describe(`a full disk${noDisk === null ? '' : ` (skipped: ${noDisk})`}`, () => {
  const fresh = { folder: '' };
  const large = { folder: '' };
  const indexed = { folder: '' };

  beforeAll(async () => {
    if (noDisk !== null) return;
    const folder = temporaryBeforeAll();
    fresh.folder = join(folder, 'fresh');
    makeFaultWorkspace(fresh.folder, random, ROWS);
    large.folder = join(folder, 'large');
    cpSync(fresh.folder, large.folder, { recursive: true });
    await expectRun(large.folder, ['index']);
    snapshotBytes = snapshotSize(large.folder);
    if (snapshotBytes === 0) throw new Error('no snapshot was due: more rows are needed');
    indexed.folder = join(folder, 'indexed');
    makeFaultWorkspace(indexed.folder, random, FEW_ROWS);
    await expectRun(indexed.folder, ['index']);
    // Something for a repair to do, and for a rollback to take back.
    mutateSource(indexed.folder, random, 40);
    changeSource(indexed.folder, (db) => {
      const insert = db.prepare('INSERT INTO note (body) VALUES (?)');
      for (let i = 0; i < 300; i += 1) insert.run(newText(random));
    });
    await expectRun(indexed.folder, ['validate'], [3]);
    return () => rmSync(folder, { recursive: true, force: true });
  });

  for (const step of STEPS.filter(({ typical = false }) => typical || allSteps)) {
    test.skipIf(noDisk !== null)(`at ${step.name}`, async () => {
      const disk = mountDisk(DISK);
      const folder = join(disk.folder, 'workspace');
      cpSync(step.fresh === true ? fresh.folder : indexed.folder, folder, { recursive: true });
      const undone = step.verb === 'rollback' ? await indexOnce(folder) : null;
      const before = undone?.before ?? readIndexed(folder);
      const { fill, free } = filler(folder);
      const opened = openEngine(folder);
      onTestFinished(opened.close);
      let filled = 0;
      await step.arm(opened, (leave) => {
        filled += 1;
        fill(typeof leave === 'number' ? leave : 0);
      });
      const job = await stoppedJob(opened, step.verb, undone?.job ?? null);
      expect(filled, 'the step was reached').toBe(1);
      expect(job).toMatchObject({ state: 'interrupted', error: { code: 'DISK_FULL', retryable: true } });
      expect(job.error?.message).toMatch(/is full|may not grow/);
      await opened.close();
      free();
      const again = openEngine(folder);
      const { jobs } = await again.run('resume', { job: job.id });
      await again.close();
      expect(jobs).toMatchObject([{ id: job.id, state: 'completed', error: null }]);
      const after = readIndexed(folder);
      if (step.verb === 'rollback') expect(stateDifferences(after, before)).toEqual([]);
      const changes = step.verb !== 'validate' && step.verb !== 'rollback';
      await verify(
        folder,
        changes ? wantedAfter(step.verb, folder, textsOf(before)) : textsOf(before),
        random,
      );
    });
  }

  for (const step of allSteps ? COMPACTIONS : []) {
    test.skipIf(noDisk !== null)(`at compaction, ${step.name}`, async () => {
      const disk = mountDisk(DISK);
      const folder = join(disk.folder, 'workspace');
      cpSync(step.large === true ? large.folder : indexed.folder, folder, { recursive: true });
      mutateSource(folder, random, 40);
      await expectRun(folder, ['fix-drift']);
      step.prepare?.(folder);
      const { fill, free } = filler(folder);
      const opened = openEngine(folder);
      onTestFinished(opened.close);
      await step.arm(opened, () => fill());
      await expect(opened.run('compact')).rejects.toMatchObject({ code: 'DISK_FULL', retryable: true });
      await opened.close();
      free();
      await expectRun(folder, ['compact']);
      await verify(folder, readSource(folder), random);
    });
  }

  test.skipIf(noDisk !== null)(
    'at the backup before a migration: nothing is migrated, nothing half is left',
    async () => {
      const disk = mountDisk('4m');
      const folder = join(disk.folder, 'workspace');
      const fixture = join(import.meta.dirname, '..', 'fixtures', 'workspace-v1');
      mkdirSync(join(folder, '.plumbline'), { recursive: true });
      const unpack = (name: string, to: string) =>
        writeFileSync(join(folder, to), gunzipSync(readFileSync(join(fixture, name))));
      unpack('catalog.db.gz', '.plumbline/catalog.db');
      unpack('source.sqlite.gz', 'source.sqlite');
      cpSync(join(fixture, 'plumbline.yaml'), join(folder, 'plumbline.yaml'));
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize - 40 * PAGE));
      const result = await run(folder, ['validate']);
      expect(result.code, result.err).toBe(5);
      expect(errorOf(result)).toMatchObject({ code: 'DISK_FULL' });
      expect(readdirSync(join(folder, '.plumbline')).filter((name) => name.includes('backup'))).toEqual([]);
      rmSync(join(folder, 'filler'));
      const version = (): unknown => {
        const db = new Database(catalogPath(folder), { readonly: true });
        const found = db.pragma('user_version', { simple: true });
        db.close();
        return found;
      };
      expect(version()).toBe(1);
      const { code, err } = await run(folder, ['validate']);
      expect([0, 3], err).toContain(code);
      expect(version()).not.toBe(1);
      const backups = readdirSync(join(folder, '.plumbline')).filter((name) => name.includes('backup'));
      expect(backups).toEqual([expect.stringMatching(/\.backup\.db$/)]);
    },
  );
});

describe(`a limit on the size of files${process.platform === 'win32' ? ' (skipped: Windows has none)' : ''}`, () => {
  // In KiB: less than the log of the first commits takes, and less than that of the job.
  test.skipIf(process.platform === 'win32')(
    'reads as a full disk, and lifting it lets the job go on',
    async () => {
      for (const limit of allSteps ? [400, 700] : [400]) {
        const folder = join(temporaryFolder(), 'workspace');
        makeFaultWorkspace(folder, random, 300);
        const result = await run(folder, ['index'], { shell: `ulimit -f ${limit}` });
        expect(result.signal).toBeNull();
        expect(result.code, result.out + result.err).toBe(5);
        expect(errorOf(result)?.code, result.err).toBe('DISK_FULL');
        const { jobs } = await expectRun<{ jobs: Job[] }>(folder, ['jobs', '--state', 'interrupted']);
        for (const job of jobs) await expectRun(folder, ['resume', job.id]);
        await expectRun(folder, ['index']);
        await verify(folder, readSource(folder), random);
      }
    },
  );
});

function temporaryBeforeAll(): string {
  const folder = join('/tmp', `plumbline-disk-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** An index job to be rolled back, and what was there before it. */
async function indexOnce(folder: string) {
  const before = readIndexed(folder);
  const { jobs } = await expectRun<{ jobs: Job[] }>(folder, ['index']);
  return { before, job: jobs[0]?.id ?? '' };
}

/** The job of a verb that is stopped by the disk. */
async function stoppedJob(opened: OpenEngine, verb: Step['verb'], undone: string | null): Promise<Job> {
  const input = verb === 'rebuild' ? { entityType: 'note' } : verb === 'rollback' ? { job: undone } : {};
  try {
    const output = (await opened.run(verb, input)) as Output<'index'>;
    const [job] = output.jobs;
    if (job === undefined) throw new Error('there is no job');
    return job;
  } catch (error) {
    throw error instanceof PlumblineError
      ? new Error(`${error.code}: ${error.message}`, { cause: error })
      : error;
  }
}

function wantedAfter(verb: Step['verb'], folder: string, before: Texts): Texts {
  const source = readSource(folder);
  return verb === 'index' ? new Map([...before, ...source]) : source;
}

function snapshotSize(folder: string): number {
  const vectors = join(folder, '.plumbline', 'vectors');
  const manifest = readdirSync(vectors, { recursive: true })
    .map(String)
    .find((name) => name.endsWith('manifest.json'));
  const text = manifest === undefined ? '' : readFileSync(join(vectors, manifest), 'utf8');
  return Number(/"bytes": (\d+)/.exec(text)?.[1] ?? 0);
}
