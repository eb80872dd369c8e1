/** What the process that answers is doing, and whether it reaches the source. Cheap enough to be asked all the time. */
import { setTimeout as wait } from 'node:timers/promises';
import type { EngineState, Output } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { publicError, toErrorData } from '../errors.ts';

/** How long a look at the source counts. */
const CHECK_MS = 5000;
/** Longest wait for one: its thread may be in the middle of a job's long statement. */
const PATIENCE_MS = 2000;

type SourceState = Pick<EngineState['source'], 'reachable' | 'checkedAt' | 'error'>;

interface Look {
  readonly begunAt: number;
  readonly state: Promise<SourceState>;
}

/** The latest look at each engine's source, and what the latest one that has ended saw. */
const looks = new WeakMap<Engine, Look>();
const seen = new WeakMap<Engine, SourceState>();

export async function engineState(engine: Engine): Promise<Output<'engine'>> {
  const startedAt = Math.round(performance.timeOrigin);
  const { name, kind } = engine.config.source;
  const source = await sourceState(engine);
  const counts = new Map(
    engine.nobodyWrites ? [] : engine.catalog.jobs.countByState().map(({ state, count }) => [state, count]),
  );
  return {
    pid: process.pid,
    startedAt,
    uptimeMs: Math.max(0, Date.now() - startedAt),
    memoryBytes: process.memoryUsage.rss(),
    workspace: engine.paths.root,
    source: { name, kind, ...source },
    threads: engine.models.threads(),
    jobsRunning: counts.get('running') ?? 0,
    queued: counts.get('queued') ?? 0,
  };
}

/** One look for all who ask within some seconds. A busy source is as it was seen last. */
async function sourceState(engine: Engine): Promise<SourceState> {
  const known = looks.get(engine);
  const isFresh = known !== undefined && performance.now() - known.begunAt < CHECK_MS;
  const look = isFresh ? known : { begunAt: performance.now(), state: lookAt(engine) };
  looks.set(engine, look);
  const over = new AbortController();
  try {
    const busy = wait(PATIENCE_MS, undefined, { signal: over.signal, ref: false }).then(
      () => seen.get(engine) ?? unknown(),
    );
    return await Promise.race([look.state, busy]);
  } finally {
    over.abort();
  }
}

async function lookAt(engine: Engine): Promise<SourceState> {
  let error: EngineState['source']['error'] = null;
  try {
    await engine.source();
  } catch (thrown) {
    error = publicError(toErrorData(thrown));
  }
  const state = { reachable: error === null, checkedAt: Date.now(), error };
  seen.set(engine, state);
  return state;
}

const unknown = (): SourceState => ({
  reachable: false,
  checkedAt: Date.now(),
  error: {
    code: 'SOURCE_BUSY',
    message: `the source has not answered for ${PATIENCE_MS / 1000} seconds`,
    hint: 'A job may be in the middle of a long read; ask again in a while.',
    retryable: true,
  },
});
