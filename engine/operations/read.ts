/** Operations that only read the workspace: status, jobs, history, dead letters, search. They work beside a writer. */
import type { ReadableCatalog } from '../catalog/catalog.ts';
import type { Generation } from '../catalog/generations.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import type { Input, Job, JobState, Output, Report } from '../contract.ts';
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
/** Reports of a type when no limit is given. */
const DEFAULT_REPORTS = 30;

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
  const { entityType, kind, before, limit = DEFAULT_ITEMS } = input;
  if (entityType !== undefined) checkType(engine, entityType);
  const wanted = statesOf(input);
  const records = engine.catalog.jobs.list({
    states: wanted === null ? undefined : storedStates(engine, wanted),
    kind,
    entityType,
    before: before === undefined ? undefined : findJob(engine.catalog, before).id,
    limit: limit + 1,
  });
  const found = records.slice(0, limit).map((record) => present(engine, record));
  return {
    jobs: found.filter((job) => wanted === null || wanted.includes(job.state)),
    more: records.length > limit,
  };
}

/** The states asked for; null for all. */
function statesOf({ state, states = [] }: Input<'jobs'>): JobState[] | null {
  const wanted = [...states, ...(state === undefined ? [] : [state])];
  return wanted.length === 0 ? null : wanted;
}

/** What the catalog calls them: without a writer, jobs that it has as running or queued are interrupted. */
function storedStates(engine: Engine, wanted: readonly JobState[]): readonly JobState[] {
  const isDerived = wanted.includes('interrupted') && engine.nobodyWrites;
  return isDerived ? [...wanted, 'running', 'queued'] : wanted;
}

/** The job as it is: one that the catalog calls running or queued while nobody writes has lost its process. */
export function present(engine: Engine, record: JobRecord): Job {
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

/** Up to 30 reports a type, as the curves of a page want them, unless it says otherwise. */
export function history(engine: Engine, input: Input<'history'>): Output<'history'> {
  const { entityType, limit = DEFAULT_REPORTS } = input;
  if (entityType !== undefined) checkType(engine, entityType);
  const types = entityType === undefined ? Object.keys(engine.config.entityTypes) : [entityType];
  return { reports: engine.catalog.reports.history(types, limit) };
}

export function deadLetters(engine: Engine, input: Input<'deadLetters'>): Output<'deadLetters'> {
  const { entityType = null, stage = null, code = null, limit = DEFAULT_ITEMS, offset } = input;
  if (entityType !== null) checkType(engine, entityType);
  const letters = engine.catalog.deadLetters;
  const filter = { entityType, stage, code };
  return {
    items: letters.list(filter, limit, offset),
    total: letters.count(filter),
    ...(input.groups === true ? { groups: letters.groups() } : {}),
  };
}

/**
 * A rebuild may put another generation in the serving one's place while a search is in it, and prune it: then the search
 * is done anew, so that an answer comes from one generation, and from one that was whole.
 */
export async function search(engine: Engine, input: Input<'search'>): Promise<Output<'search'>> {
  checkType(engine, input.entityType);
  const { entityType, query, k = DEFAULT_K, mode = 'hybrid' } = input;
  const startedAt = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    const generation = searchedGeneration(engine, entityType);
    const isFinal = (): boolean =>
      attempt === SEARCH_ATTEMPTS || servingGeneration(engine.catalog, entityType)?.id === generation.id;
    try {
      const answer = await runSearch(engine.searchContext(), generation, { entityType, query, k, mode });
      if (!isFinal()) continue;
      const { hits, warnings } = answer;
      const tookMs = Math.round((performance.now() - startedAt) * 10) / 10;
      return { hits, tookMs, ...(warnings.length === 0 ? {} : { warnings }) };
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
