/**
 * Kills real `plumbline` processes at random instants, over all kinds of jobs, and holds the workspace to a plain model of
 * what must be true afterwards. A run is one verb that is killed, completed, and verified; a walk is several runs on one
 * workspace, whose source changes in between. Used by a test in small and by the soak in large.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Job } from '../../engine/contract.ts';
import { Random } from '../../engine/sample/random.ts';
import {
  hasCatalog,
  jobs,
  number,
  readIndexed,
  stateDifferences,
  textsOf,
  type Indexed,
  type JobRow,
} from './catalog-state.ts';
import { expectRun, start, type Running } from './child.ts';
import { makeFaultWorkspace, mutateSource, readSource, type Texts } from './notes.ts';
import { assertNone, expectedDrift, verify, type ExpectedDrift } from './verify.ts';

export const killKinds = ['index', 'fix-drift', 'rebuild', 'rollback', 'compact', 'validate'] as const;
export type KillKind = (typeof killKinds)[number];

/** How often the workspace is looked at from outside. */
const LOOK_MS = 3;
/** A kill comes up to this long after what it waited for, so that it meets every part of a commit. */
const MAX_DELAY_MS = 40;
/** Kills in one run, so that it ends. */
const MAX_KILLS = 3;
/** Runs on one workspace. */
const WALK_RUNS = 10;
/** Rows that one mutation may insert, and update. */
const MUTATION_ROWS = 120;
/** Share of interrupted jobs that are taken back instead of completed. */
const ROLL_BACK_SHARE = 0.15;
/** Characters of a divergence that are shown. */
const MAX_MESSAGE = 1500;
/** How long a verb takes before one was measured. */
const FIRST_GUESS_MS = 1500;

export interface KillOptions {
  readonly rows: number;
  readonly runs: number;
  readonly seed: number;
  readonly kinds: readonly KillKind[];
  /** Share of resumes that are killed, too. */
  readonly killAgain: number;
  /** Walks at the same time. */
  readonly workers: number;
  readonly log: (line: string) => void;
}

export interface Divergence {
  readonly run: string;
  readonly message: string;
  /** The workspace as it was left. */
  readonly folder: string;
}

export interface KillResult {
  readonly runs: number;
  /** Kills that met a living process. */
  readonly kills: Readonly<Record<KillKind, number>>;
  readonly resumes: number;
  readonly divergences: readonly Divergence[];
  /** Per resume that had something left to do: from its start to its first new row, in milliseconds. */
  readonly firstRowMs: readonly number[];
}

/** What all walks share. */
interface Tally {
  runs: number;
  resumes: number;
  readonly kills: Record<KillKind, number>;
  readonly divergences: Divergence[];
  readonly firstRowMs: number[];
  /** How long each verb took lately, whole processes: what kills by time are drawn from. */
  readonly lifeMs: Map<KillKind, number>;
}

/** A job that changed what is indexed, and what was indexed before it. */
interface Past {
  readonly jobId: number;
  readonly before: Indexed;
}

/** Runs until `runs` verbs were started to be killed; a walk that diverges ends there, and the next one begins. */
export async function killAndResume(options: KillOptions): Promise<KillResult> {
  const tally: Tally = {
    runs: 0,
    resumes: 0,
    kills: { index: 0, 'fix-drift': 0, rebuild: 0, rollback: 0, compact: 0, validate: 0 },
    divergences: [],
    firstRowMs: [],
    lifeMs: new Map(),
  };
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-kill-'));
  options.log(
    `seed ${options.seed}: ${options.runs} runs on ${options.rows} rows, ${options.kinds.join(', ')}`,
  );
  let walks = 0;
  const work = async (): Promise<void> => {
    while (tally.runs < options.runs) {
      const walk = (walks += 1);
      await new Walk(join(folder, `walk-${walk}`), walk, options, tally).go();
    }
  };
  await Promise.all(Array.from({ length: options.workers }, work));
  if (tally.divergences.length === 0) rmSync(folder, { recursive: true, force: true });
  return tally;
}

class Walk {
  readonly #folder: string;
  readonly #number: number;
  readonly #options: KillOptions;
  readonly #tally: Tally;
  readonly #random: Random;
  readonly #pasts: Past[] = [];

  constructor(folder: string, walk: number, options: KillOptions, tally: Tally) {
    this.#folder = folder;
    this.#number = walk;
    this.#options = options;
    this.#tally = tally;
    this.#random = new Random(options.seed, walk);
  }

  async go(): Promise<void> {
    makeFaultWorkspace(this.#folder, this.#random, this.#options.rows);
    for (let i = 1; i <= WALK_RUNS && this.#tally.runs < this.#options.runs; i += 1) {
      const name = `${this.#number}.${i}`;
      this.#tally.runs += 1;
      const story: string[] = [];
      try {
        await this.#run(story);
        this.#options.log(`run ${name}: ${story.join('; ')}`);
      } catch (error) {
        const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE);
        this.#tally.divergences.push({ run: name, message, folder: this.#folder });
        this.#options.log(`run ${name}: ${story.join('; ')}\n  DIVERGES: ${message}\n  ${this.#folder}`);
        return;
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** One verb: killed, completed or taken back, verified. */
  async #run(story: string[]): Promise<void> {
    const kind = this.#chooseKind();
    // What is taken back is compared with what was: the source may say anything meanwhile.
    if (this.#random.chance(0.8)) mutateSource(this.#folder, this.#random, MUTATION_ROWS);
    const run: OneRun = {
      kind,
      args: this.#argsOf(kind),
      before: readIndexed(this.#folder),
      lastJob: number(this.#folder, 'SELECT max(id) FROM job'),
      kills: 0,
      earlierSources: [],
      story,
    };
    story.push(run.args.join(' '));
    await this.#killOnce(run, run.args);
    const wanted = await this.#complete(run);
    await verify(this.#folder, wanted, this.#random);
  }

  /** The first run of a walk indexes: there is nothing else to do. */
  #chooseKind(): KillKind {
    const kinds = this.#options.kinds.filter((kind) => kind !== 'rollback' || this.#pasts.length > 0);
    const isEmpty = number(this.#folder, 'SELECT count(*) FROM entity') === 0;
    return isEmpty || kinds.length === 0 ? 'index' : this.#random.pick(kinds);
  }

  #argsOf(kind: KillKind): string[] {
    if (kind === 'rebuild') return ['rebuild', 'note'];
    if (kind === 'rollback') return ['rollback', String(this.#pasts.at(-1)?.jobId)];
    if (kind === 'validate' && this.#random.chance(0.5)) return ['validate', '--deep'];
    return [kind];
  }

  /** Starts a verb and kills it at a random instant. */
  async #killOnce(run: OneRun, args: readonly string[]): Promise<void> {
    const { kind, story } = run;
    const running = start(this.#folder, args);
    const row = watchFirstRow(this.#folder, run.resumed, running);
    const trigger = this.#chooseTrigger(kind);
    await trigger.wait(running);
    running.child.kill('SIGKILL');
    const { signal, ms } = await running.ended;
    const firstRow = await row;
    if (run.resumed !== undefined && firstRow !== null) this.#tally.firstRowMs.push(firstRow);
    if (signal !== 'SIGKILL') {
      this.#noteLife(run, ms);
      story.push('ended before the kill');
      return;
    }
    run.kills += 1;
    this.#tally.kills[kind] += 1;
    story.push(`killed ${trigger.name} after ${Math.round(ms)} ms`);
  }

  #noteLife(run: OneRun, ms: number): void {
    if (run.resumed === undefined) this.#tally.lifeMs.set(run.kind, ms);
  }

  #chooseTrigger(kind: KillKind): Trigger {
    const folder = this.#folder;
    const random = this.#random;
    const delay = random.next() * MAX_DELAY_MS;
    const until = (name: string, happened: () => boolean): Trigger => ({
      name,
      wait: async (running) => {
        while (!running.isOver() && !happened()) await wait(LOOK_MS);
        await wait(delay);
      },
    });
    const life = this.#tally.lifeMs.get(kind) ?? FIRST_GUESS_MS;
    const at = random.next() * life * 1.1;
    // A compaction is no job: only time and its files tell how far it is.
    const choice = kind === 'compact' ? random.pick([4, 6]) : random.below(8);
    if (choice < 3) {
      const share = random.next();
      const last = number(folder, 'SELECT max(id) FROM job');
      let startedAt: number | null = null;
      return until('within the job', () => {
        if (number(folder, `SELECT count(*) FROM job WHERE state = 'running' AND id >= ${last}`) > 0)
          startedAt ??= performance.now();
        return startedAt !== null && performance.now() - startedAt > share * jobLife(folder, kind);
      });
    }
    if (choice === 3) {
      const done = progress(folder);
      const rows = random.below(this.#options.rows);
      return until(`at row ${rows}`, () => progress(folder) > done + rows);
    }
    if (choice === 4) {
      const files = snapshots(folder);
      return until('at a snapshot', () => snapshots(folder) !== files);
    }
    if (choice === 5) {
      const ended = countEnded(folder);
      return until('at the end', () => countEnded(folder) > ended);
    }
    return { name: 'by time', wait: () => wait(at) };
  }

  /** Completes what was killed, or takes it back; what must be indexed then. */
  async #complete(run: OneRun): Promise<Texts> {
    const { kind, story } = run;
    for (;;) {
      const left = await this.#interrupted();
      assert.ok(left.length <= 1, 'one job runs at a time, so one can be interrupted');
      const [job] = left;
      if (job === undefined) break;
      if (this.#canTakeBack(kind) && this.#random.chance(ROLL_BACK_SHARE)) {
        story.push('taken back');
        const partial = readIndexed(this.#folder);
        await expectRun(this.#folder, ['rollback', job.id]);
        this.#assertRestored(run.before);
        this.#remember(run, partial);
        return textsOf(run.before);
      }
      if (this.#canSourceMove(kind) && this.#random.chance(0.3)) {
        run.earlierSources.push(readSource(this.#folder));
        mutateSource(this.#folder, this.#random, MUTATION_ROWS);
      }
      await this.#resume(run, job);
    }
    const done = this.#jobOf(run);
    const isDone = kind === 'compact' ? run.kills === 0 : done !== undefined && done.state !== 'cancelled';
    if (!isDone) {
      story.push('done again');
      const { args } = run;
      await expectRun(this.#folder, args, [0, 3]);
    }
    return this.#expect(run);
  }

  /** What the command line says can be resumed; nothing where the process died before there was a catalog. */
  async #interrupted(): Promise<Job[]> {
    if (!hasCatalog(this.#folder)) return [];
    return (await expectRun<{ jobs: Job[] }>(this.#folder, ['jobs', '--state', 'interrupted'])).jobs;
  }

  async #resume(run: OneRun, job: Job): Promise<void> {
    run.resumed = written(this.#folder, job.id);
    run.resumedJob = job.id;
    this.#tally.resumes += 1;
    if (run.kills < MAX_KILLS && this.#random.chance(this.#options.killAgain)) {
      await this.#killOnce(run, ['resume', job.id]);
      return;
    }
    const running = start(this.#folder, ['resume', job.id]);
    const row = watchFirstRow(this.#folder, run.resumed, running);
    const { code, signal, out, err } = await running.ended;
    assert.equal(code, 0, `resume ${job.id} ends with ${code ?? signal}: ${out}${err}`);
    const firstRow = await row;
    if (firstRow !== null) this.#tally.firstRowMs.push(firstRow);
    run.story.push(
      firstRow === null ? 'resumed, nothing was left' : `resumed, first row after ${firstRow} ms`,
    );
  }

  readonly #canTakeBack = (kind: KillKind): boolean =>
    kind === 'index' || kind === 'fix-drift' || kind === 'rebuild';

  /** Resuming these looks at the source once more; a repair works through what it found. */
  readonly #canSourceMove = (kind: KillKind): boolean => kind === 'index' || kind === 'rebuild';

  /** The job that the run made; none where it died before, or made none as a compaction does. */
  #jobOf({ lastJob, kind }: OneRun): JobRow | undefined {
    if (kind === 'compact') return undefined;
    return jobs(this.#folder).findLast((job) => job.id > lastJob && job.kind === JOB_KIND[kind]);
  }

  /** What must be indexed after a completed run. */
  #expect(run: OneRun): Texts {
    const before = textsOf(run.before);
    const source = readSource(this.#folder);
    const drift = expectedDrift(source, before);
    switch (run.kind) {
      case 'index':
        this.#remember(run);
        this.#assertCounts(run, { ...drift, orphaned: 0 });
        return new Map([...before, ...this.#interim(run), ...source]);
      case 'fix-drift':
        this.#remember(run);
        this.#assertCounts(run, drift);
        return source;
      case 'rebuild':
        this.#remember(run);
        return source;
      case 'rollback': {
        const target = this.#pasts.at(-1);
        assert.ok(target !== undefined);
        this.#assertRestored(target.before);
        this.#remember(run);
        return textsOf(target.before);
      }
      case 'compact':
      case 'validate':
        this.#assertRestored(run.before);
        return before;
      default:
        return run.kind satisfies never;
    }
  }

  /**
   * Notes that came, or changed, before the process died, and were gone before it was resumed: whether the index has
   * them is chance, and index never deletes.
   */
  #interim({ earlierSources }: OneRun): Texts {
    const found = textsOf(readIndexed(this.#folder));
    const isInterim = ([id, text]: [number, string]): boolean =>
      earlierSources.some((source) => source.get(id) === text);
    return new Map([...found].filter(isInterim));
  }

  /** Entity by entity, chunks and vectors included. */
  #assertRestored(before: Indexed): void {
    assertNone(stateDifferences(readIndexed(this.#folder), before), 'what was before is not what is now');
  }

  /** `before`: what its newest job found. */
  #remember(run: OneRun, before = run.before): void {
    const newest = jobs(this.#folder).findLast((job) => job.id > run.lastJob && CHANGING.has(job.kind));
    if (newest !== undefined) this.#pasts.push({ jobId: newest.id, before });
  }

  /** Every change is counted once, however often the job was killed. */
  #assertCounts(run: OneRun, drift: ExpectedDrift): void {
    const job = this.#jobOf(run);
    assert.ok(job?.state === 'completed', `the job is not completed: ${JSON.stringify(job)}`);
    // A source that moved between two attempts may have had rows written twice, rightly.
    if (run.resumedJob !== undefined && this.#canSourceMove(run.kind)) return;
    const { missing, stale, orphaned } = drift;
    assert.deepEqual(
      { written: job.embedded + job.reused, deleted: job.deleted },
      { written: missing + stale, deleted: orphaned },
      `counts are not the model's: ${JSON.stringify(job)}`,
    );
  }
}

interface OneRun {
  readonly kind: KillKind;
  readonly args: readonly string[];
  readonly before: Indexed;
  /** The newest job before it. */
  readonly lastJob: number;
  readonly story: string[];
  /** What the source said at earlier attempts, where it has moved since. */
  readonly earlierSources: Texts[];
  kills: number;
  /** Rows that the interrupted job had written when it was last resumed. */
  resumed?: Written;
  resumedJob?: string;
}

interface Trigger {
  readonly name: string;
  wait(running: Running): Promise<void>;
}

const JOB_KIND: Readonly<Record<KillKind, string>> = {
  index: 'index',
  'fix-drift': 'repair',
  rebuild: 'rebuild',
  rollback: 'rollback',
  compact: '',
  validate: 'validate',
};
const CHANGING = new Set(['index', 'repair', 'rebuild', 'rollback']);

interface Written {
  readonly job: string;
  readonly rows: number;
}

const written = (folder: string, job: string): Written => ({
  job,
  rows: number(folder, 'SELECT embedded + reused + deleted AS rows FROM job WHERE id = ?', Number(job)),
});

/** Milliseconds until a resumed job has written a row; null where it ended without one. */
async function watchFirstRow(
  folder: string,
  before: Written | undefined,
  running: Running,
): Promise<number | null> {
  if (before === undefined) return null;
  const startedAt = performance.now();
  for (;;) {
    const over = running.isOver();
    if (written(folder, before.job).rows > before.rows) return Math.round(performance.now() - startedAt);
    if (over) return null;
    await wait(LOOK_MS);
  }
}

/** Grows with whatever a job gets done. */
const progress = (folder: string): number =>
  number(folder, 'SELECT sum(max(processed, embedded + reused + deleted)) FROM job');

/** How long jobs of this kind ran lately, on average. */
const jobLife = (folder: string, kind: KillKind): number =>
  number(
    folder,
    `SELECT coalesce(avg(duration_ms), ${FIRST_GUESS_MS / 2}) FROM job WHERE kind = ? AND state = 'completed'`,
    JOB_KIND[kind],
  );

const countEnded = (folder: string): number =>
  number(folder, `SELECT count(*) FROM job WHERE state IN ('completed', 'failed')`);

function snapshots(folder: string): string {
  try {
    return readdirSync(join(folder, '.plumbline', 'vectors'), { recursive: true })
      .map(String)
      .sort()
      .join();
  } catch {
    return '';
  }
}
