/** Operations that only read the workspace: status, jobs, drift, dead letters, search. They work beside a writer. */
import type { ReadableCatalog } from '../catalog/catalog.ts';
import type { Generation } from '../catalog/generations.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import type { Input, Job, Output, Report } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { PlumblineError } from '../errors.ts';
import { servingGeneration } from '../jobs/context.ts';
import { search as runSearch } from '../jobs/search.ts';
import { checkType } from './select.ts';

const DEFAULT_K = 10;
/** Each but the last is given up when another generation took the searched one's place. */
const SEARCH_ATTEMPTS = 3;
/** Items listed when no limit is given. */
const DEFAULT_ITEMS = 1000;

export function status(engine: Engine, input: Input<'status'>): Output<'status'> {
  if (input.job !== undefined) {
    const job = present(engine, findJob(engine.catalog, input.job));
    const report = job.reportId === null ? null : engine.catalog.reports.get(Number(job.reportId));
    return { jobs: [job], ...(report === null ? {} : { reports: [report] }) };
  }
  return {
    jobs: latestPerType(engine),
    reports: latestReports(engine),
    entityTypes: Object.keys(engine.config.entityTypes),
  };
}

/** The newest job of each entity type, newest first. */
function latestPerType(engine: Engine): Job[] {
  return Object.keys(engine.config.entityTypes)
    .flatMap((entityType) => engine.catalog.jobs.list({ entityType, limit: 1 }))
    .toSorted((a, b) => b.id - a.id)
    .map((record) => present(engine, record));
}

function latestReports(engine: Engine): Report[] {
  return Object.keys(engine.config.entityTypes).flatMap((name) => {
    const latest = engine.catalog.reports.latest(name);
    return latest === null ? [] : [latest.report];
  });
}

export function jobs(engine: Engine, input: Input<'jobs'>): Output<'jobs'> {
  if (input.entityType !== undefined) checkType(engine, input.entityType);
  // Without a writer, jobs that the catalog calls running or queued are interrupted: all are looked through for any.
  const derived =
    engine.nobodyWrites &&
    (input.state === 'interrupted' || input.state === 'running' || input.state === 'queued');
  const records = engine.catalog.jobs.list(
    derived ? { ...input, state: undefined, limit: undefined } : input,
  );
  const found = records.map((record) => present(engine, record));
  return {
    jobs: found.filter((job) => !derived || job.state === input.state).slice(0, input.limit ?? DEFAULT_ITEMS),
  };
}

/** The job as it is: one that the catalog calls running or queued while nobody writes has lost its process. */
function present(engine: Engine, record: JobRecord): Job {
  if (record.state !== 'running' && record.state !== 'queued') return record.job;
  if (engine.nobodyWrites) {
    // It may have ended between the reading and the look at the lock.
    const { job } = engine.catalog.jobs.get(record.id) ?? record;
    const lost = job.state === 'running' || job.state === 'queued';
    return lost ? { ...job, state: 'interrupted' } : job;
  }
  if (record.state === 'queued') return record.job;
  // The catalog adds up a job's time when a run of it ends. Of a resumed one this counts the pause, too.
  const { startedAt } = record.job;
  return { ...record.job, durationMs: startedAt === null ? 0 : Math.max(0, Date.now() - startedAt) };
}

/** @throws PlumblineError `JOB_UNKNOWN`. */
export function findJob(catalog: ReadableCatalog, id: string): JobRecord {
  const record = /^\d{1,15}$/.test(id) ? catalog.jobs.get(Number(id)) : null;
  if (record !== null) return record;
  throw new PlumblineError('JOB_UNKNOWN', `there is no job "${id}"`, {
    hint: '`plumbline jobs` lists them.',
  });
}

export function drift(engine: Engine, input: Input<'drift'>): Output<'drift'> {
  checkType(engine, input.entityType);
  const latest = engine.catalog.reports.latest(input.entityType);
  if (latest === null) {
    throw new PlumblineError('NOT_VALIDATED', `"${input.entityType}" was never validated`, {
      hint: `Run \`plumbline validate ${input.entityType}\` first; drift lists what its report found.`,
    });
  }
  const driftClass = input.class ?? null;
  return {
    items: engine.catalog.reports.items(latest.id, driftClass, input.limit ?? DEFAULT_ITEMS),
    total: engine.catalog.reports.countItems(latest.id, driftClass),
  };
}

export function deadLetters(engine: Engine, input: Input<'deadLetters'>): Output<'deadLetters'> {
  if (input.entityType !== undefined) checkType(engine, input.entityType);
  const type = input.entityType ?? null;
  return {
    items: engine.catalog.deadLetters.list(type, input.limit ?? DEFAULT_ITEMS),
    total: engine.catalog.deadLetters.count(type),
  };
}

/**
 * A rebuild may put another generation in the serving one's place while a search is in it, and prune it: then the search
 * is done anew, so that an answer comes from one generation, and from one that was whole.
 */
export async function search(engine: Engine, input: Input<'search'>): Promise<Output<'search'>> {
  checkType(engine, input.entityType);
  const { entityType, query, k = DEFAULT_K, mode = 'hybrid' } = input;
  for (let attempt = 1; ; attempt += 1) {
    const generation = searchedGeneration(engine, entityType);
    const isFinal = (): boolean =>
      attempt === SEARCH_ATTEMPTS || servingGeneration(engine.catalog, entityType)?.id === generation.id;
    try {
      const answer = await runSearch(engine.searchContext(), generation, { entityType, query, k, mode });
      if (isFinal()) return answer.warnings.length === 0 ? { hits: answer.hits } : answer;
    } catch (error) {
      if (isFinal()) throw error;
    }
  }
}

function searchedGeneration(engine: Engine, entityType: string): Generation {
  const generation = servingGeneration(engine.catalog, entityType);
  if (generation !== null) return generation;
  throw new PlumblineError('NOT_INDEXED', `"${entityType}" was not indexed yet`, {
    hint: `Run \`plumbline index ${entityType}\` first.`,
  });
}
