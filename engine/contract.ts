/**
 * The contract: every operation that crosses a door, with its input and output. Command line, REST and the page share this
 * file, the shapes that it is made of, and nothing else. Fields may be added, never renamed.
 */
import { z } from 'zod';
import {
  auditSchema,
  brokenRuleSchema,
  checkSchema,
  compactionSchema,
  count,
  deadLetterSchema,
  discoveredTypeSchema,
  driftClasses,
  driftItemSchema,
  engineSchema,
  entitySchema,
  errorSchema,
  hitSchema,
  jobKinds,
  jobSchema,
  jobStates,
  letterStages,
  pastReportSchema,
  planSchema,
  reportSchema,
  searchModes,
  sourceSummarySchema,
} from './contract-shapes.ts';

export * from './contract-shapes.ts';

/** The most that a list gives at once: the rest is read in pages, so that no answer holds up the engine. */
export const MAX_PAGE = 10_000;

const entityTypes = z.array(z.string()).optional();
/** How a run over several entity types went, beyond its jobs. */
const run = {
  /** Entity types whose turn did not come, because the person or a full disk stopped the run. */
  notStarted: z.array(z.string()).optional(),
  /** What stopped the run or its first unsuccessful job. */
  error: errorSchema.optional(),
};
const jobs = z.object({
  jobs: z.array(jobSchema),
  plans: z.array(planSchema).optional(),
  /** The reports that repairs ended with. */
  reports: z.array(reportSchema).optional(),
  ...run,
});
const validation = z.object({
  reports: z.array(reportSchema),
  jobs: z.array(jobSchema).optional(),
  ...run,
});
const deadLetters = z.object({
  items: z.array(deadLetterSchema),
  total: count,
  /** All dead letters by type, stage and code, whatever was asked for of them. */
  groups: z
    .array(
      z.object({
        entityType: z.string(),
        stage: z.enum(letterStages),
        code: z.string(),
        count,
        /** Of them, those set aside. */
        excluded: count,
      }),
    )
    .optional(),
});
const limit = z.int().positive();
const pageLimit = z.int().positive().max(MAX_PAGE).optional();
const offset = count.optional();
const keys = z.array(z.string()).min(1);
const embedderSettings = {
  workers: z.int().min(1).max(64).optional(),
  batchSize: z.int().min(1).max(1024).optional(),
};

/**
 * Every operation: its input and output. `writes` tells whether it needs the workspace's write lock. Doors look
 * operations up here, so a verb exists in all of them or in none.
 */
export const operations = {
  discover: {
    writes: false,
    input: z.object({}),
    output: z.object({ source: sourceSummarySchema, entityTypes: z.array(discoveredTypeSchema) }),
  },
  index: {
    writes: true,
    input: z.object({
      entityTypes,
      keys: keys.optional(),
      limit: limit.optional(),
      force: z.boolean().optional(),
      ...embedderSettings,
      dryRun: z.boolean().optional(),
    }),
    output: jobs,
  },
  validate: {
    writes: true,
    input: z.object({ entityTypes, deep: z.boolean().optional() }),
    output: validation,
  },
  check: {
    writes: true,
    input: z.object({
      entityTypes,
      deep: z.boolean().optional(),
      /** Rules, see `parsePolicy`; replaces the configured ones. */
      failOn: z.string().optional(),
    }),
    output: validation.extend({ broken: z.array(brokenRuleSchema) }),
  },
  fixDrift: {
    writes: true,
    input: z.object({
      entityTypes,
      dryRun: z.boolean().optional(),
      /** Percent of a type's indexed entities that may be deleted; default from the configuration. */
      maxDeletePercent: z.number().min(0).max(100).optional(),
      /** Looks for lost, ghost and corrupt vectors, too; default: where the latest deep validation found some. */
      deep: z.boolean().optional(),
      /** Only these items of the latest report, by their keys' external forms; needs exactly one entity type. */
      keys: keys.max(MAX_PAGE).optional(),
      /** Only items of these classes of the latest report; needs exactly one entity type. */
      classes: z.array(z.enum(driftClasses)).min(1).optional(),
      ...embedderSettings,
    }),
    output: jobs,
  },
  rebuild: {
    writes: true,
    input: z.object({
      entityType: z.string(),
      /** Embeds texts anew that have sound vectors already. */
      force: z.boolean().optional(),
      dryRun: z.boolean().optional(),
      /** Percent of the serving generation's entities that the new one may lack; default from the configuration. */
      maxDeletePercent: z.number().min(0).max(100).optional(),
      ...embedderSettings,
    }),
    output: jobs,
  },
  rollback: {
    writes: true,
    input: z.object({
      job: z.string(),
      /** Leaves alone what later jobs touched, and goes on where the recipe has changed. */
      force: z.boolean().optional(),
    }),
    output: jobs,
  },
  retry: {
    writes: true,
    input: z.object({
      /** An entity type or a job. */
      target: z.string(),
      /** External forms of keys; default: all dead letters of the target. */
      keys: keys.optional(),
      /** Only dead letters with this code. */
      code: z.string().optional(),
    }),
    output: jobs,
  },
  resume: {
    writes: true,
    input: z.object({ job: z.string() }),
    output: jobs,
  },
  pause: {
    writes: false,
    input: z.object({ job: z.string() }),
    output: jobs,
  },
  cancel: {
    writes: false,
    input: z.object({ job: z.string() }),
    output: jobs,
  },
  exclude: {
    writes: true,
    input: z.object({ entityType: z.string(), keys, reason: z.string().trim().min(1).max(1000) }),
    output: deadLetters,
  },
  include: {
    writes: true,
    input: z.object({ entityType: z.string(), keys }),
    output: deadLetters,
  },
  compact: {
    writes: true,
    input: z.object({ entityTypes, dryRun: z.boolean().optional() }),
    output: compactionSchema,
  },
  status: {
    writes: false,
    input: z.object({ job: z.string().optional() }),
    output: z.object({
      jobs: z.array(jobSchema),
      reports: z.array(reportSchema).optional(),
      /** All that are selected, those without a job included; absent where one job was asked for. */
      entityTypes: z.array(z.string()).optional(),
    }),
  },
  jobs: {
    writes: false,
    input: z.object({
      state: z.enum(jobStates).optional(),
      /** Any of these. */
      states: z.array(z.enum(jobStates)).min(1).optional(),
      kind: z.enum(jobKinds).optional(),
      entityType: z.string().optional(),
      /** Only older ones than this job. */
      before: z.string().optional(),
      limit: pageLimit,
    }),
    /** `more`: there are older ones. */
    output: z.object({ jobs: z.array(jobSchema), more: z.boolean() }),
  },
  audit: {
    writes: false,
    input: z.object({ job: z.string(), limit: pageLimit, offset }),
    output: auditSchema,
  },
  history: {
    writes: false,
    input: z.object({
      entityType: z.string().optional(),
      /** Reports of each entity type: the latest so many. */
      limit: z.int().positive().max(1000).optional(),
    }),
    /** Oldest first. */
    output: z.object({ reports: z.array(pastReportSchema) }),
  },
  drift: {
    writes: false,
    input: z.object({
      entityType: z.string(),
      class: z.enum(driftClasses).optional(),
      /** Only items whose key or texts contain this, upper and lower case alike. */
      query: z.string().min(1).max(200).optional(),
      limit: pageLimit,
      /** Items to leave out before the first one, counted among those of the class and query. */
      offset,
    }),
    output: z.object({
      items: z.array(driftItemSchema),
      /** All of the class and query; while `searched` says that there are items left, those found so far. */
      total: count,
      reportId: z.string(),
      offset: count,
      /**
       * How many items a query has been held against, of how many. A large report is searched for some time per call:
       * asking again goes on from there. Null without a query.
       */
      searched: z.object({ items: count, of: count }).nullable(),
    }),
  },
  entity: {
    writes: false,
    /** `key`: its external form. */
    input: z.object({ entityType: z.string(), key: z.string() }),
    output: entitySchema,
  },
  deadLetters: {
    writes: false,
    input: z.object({
      entityType: z.string().optional(),
      stage: z.enum(letterStages).optional(),
      code: z.string().min(1).optional(),
      /** Also counts them by type, stage and code. */
      groups: z.boolean().optional(),
      limit: pageLimit,
      offset,
    }),
    output: deadLetters,
  },
  search: {
    writes: false,
    input: z.object({
      entityType: z.string(),
      query: z.string().min(1),
      k: z.int().min(1).max(1000).optional(),
      mode: z.enum(searchModes).optional(),
    }),
    output: z.object({
      hits: z.array(hitSchema),
      /** Time inside the engine. */
      tookMs: z.number().nonnegative(),
      /** What a search found damaged and left out, in words. */
      warnings: z.array(z.string()).optional(),
    }),
  },
  engine: {
    writes: false,
    input: z.object({}),
    output: engineSchema,
  },
  doctor: {
    writes: false,
    input: z.object({}),
    output: z.object({ checks: z.array(checkSchema) }),
  },
} as const;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
export type Input<N extends OperationName> = z.input<Operations[N]['input']>;
export type Output<N extends OperationName> = z.output<Operations[N]['output']>;
