/**
 * The things that operations take and give, and the events that tell of them, as zod schemas and the types they give: jobs,
 * reports, plans, entities. Part of the contract, and reached through it.
 */
import { z } from 'zod';
import type { KeyJson } from './key.ts';

/** Unix time in milliseconds, UTC. */
export const timestamp = z.int();
/** A whole number that counts something. */
export const count = z.int().nonnegative();

export const driftClasses = [
  'failed',
  'missing',
  'outdated',
  'stale',
  'orphaned',
  'lost',
  'ghost',
  'corrupt',
] as const;
/** Disjoint, in order of precedence; see docs/drift.md. */
export type DriftClass = (typeof driftClasses)[number];

export const jobKinds = ['index', 'validate', 'repair', 'rebuild', 'rollback', 'retry'] as const;
export type JobKind = (typeof jobKinds)[number];

export const jobStates = [
  'queued',
  'running',
  'paused',
  'completed',
  'completed_with_failures',
  'failed',
  'cancelled',
  'interrupted',
] as const;
export type JobState = (typeof jobStates)[number];

export const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  retryable: z.boolean(),
});

/** A key's typed values: see `keyToJson`. Declared loosely, because a bigint has no JSON type of its own. */
const keyValues = z.custom<KeyJson[]>((value) => Array.isArray(value));

/** One key of one drift class, as kept in a report. */
export const driftItemSchema = z.object({
  key: z.string(),
  keyValues,
  class: z.enum(driftClasses),
  /** Why it is in this class: one clause. */
  reason: z.string(),
  /** What the source says now, shortened; null where the source has no such row. */
  text: z.string().nullable(),
  /** What is indexed, shortened; null where nothing is. */
  indexedText: z.string().nullable(),
});
export type DriftItem = z.infer<typeof driftItemSchema>;

/** What the items of a report are exported as; see docs/rest.md. */
export const exportFormats = ['csv', 'json'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** A few keys per class, shown with every report. */
const samples = z.partialRecord(z.enum(driftClasses), z.array(driftItemSchema));

/** A share of a sample, 0-1, with its 95 % confidence interval (Wilson score). */
const measuredShare = { value: z.number(), low: z.number(), high: z.number() };

/** What a deep validation looked at, beyond the counts of `lost`, `ghost` and `corrupt`. */
export const deepSchema = z.object({
  /** Documents whose text was held against its hash, and their chunks against those of their embeddings. */
  documents: count,
  /** Distinct vectors of the catalog that were held against their checksums and, bit by bit, against the index. */
  vectors: count,
  /** Dropped vectors that still occupy the index. */
  tombstones: count,
  /** Sampled vectors, and how many of them the index finds when it is asked for exactly them. */
  selfQuery: z.object({ sampled: count, found: count }),
  /** Share of the exact `k` nearest neighbours that the index finds, over sampled queries; null where it is empty. */
  recall: z.object({ k: count, sampled: count, ...measuredShare }).nullable(),
  /** Sampled texts embedded again; `differing` ones are further from what is stored than the tolerance (cosine distance). */
  reembedded: z
    .object({ sampled: count, differing: count, tolerance: z.number(), worst: z.number() })
    .nullable(),
  /** The full-text index agrees with the documents. */
  fullTextSound: z.boolean(),
  /** Why the index on disk could not be used and was rebuilt from the catalog first; null where it could. */
  rebuilt: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type DeepResult = z.infer<typeof deepSchema>;

export const reportSchema = z.object({
  id: z.string(),
  jobId: z.string(),
  entityType: z.string(),
  state: z.enum(['in_sync', 'drifted']),
  /** Rows read from the source, those with NULL in a key included. */
  source: count,
  /** Entities in the catalog. */
  indexed: count,
  missing: count,
  stale: count,
  orphaned: count,
  outdated: count,
  failed: count,
  /** Dead letters that a person has set aside: neither failed nor any other drift. */
  excluded: count,
  /** Null unless the validation was deep. */
  lost: count.nullable(),
  ghost: count.nullable(),
  corrupt: count.nullable(),
  /** Null unless the validation was deep. */
  deep: deepSchema.nullable(),
  /** 0-100, two decimals, 100 only when nothing drifted. */
  inSyncPercent: z.number().min(0).max(100),
  /** True when nobody committed to the source while it was read. */
  snapshot: z.boolean(),
  durationMs: count,
  finishedAt: timestamp,
  /** What this validation did not look at, in words. */
  notChecked: z.array(z.string()),
  samples,
});
export type Report = z.infer<typeof reportSchema>;

/** A rule of a policy that a report breaks. */
export const brokenRuleSchema = z.object({
  entityType: z.string(),
  /** As it was written, e.g. `stale>1%`. */
  rule: z.string(),
  /** What was found, in the rule's unit. */
  found: z.number(),
});
export type BrokenRule = z.infer<typeof brokenRuleSchema>;

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(jobKinds),
  entityType: z.string(),
  state: z.enum(jobStates),
  /** Rows the job set out to read; null until counted. */
  total: count.nullable(),
  /** Entities read. */
  processed: count,
  /** Entities for which at least one text was embedded. */
  embedded: count,
  /** Entities written with vectors of identical texts that were there already. */
  reused: count,
  unchanged: count,
  deleted: count,
  failed: count,
  createdAt: timestamp,
  startedAt: timestamp.nullable(),
  finishedAt: timestamp.nullable(),
  /** Time spent running, over all attempts. */
  durationMs: count,
  error: errorSchema.nullable(),
  /** The job that a rollback takes back, or whose dead letters a retry tries again; null for others. */
  ofJob: z.string().nullable(),
  /**
   * False where a rollback is out of the question: a validation, a job that has not ended, one whose undo records or former
   * index are gone. Where true, later jobs may still stand in its way.
   */
  reversible: z.boolean(),
  /** The report that a validation, repair or rebuild ended with. */
  reportId: z.string().nullable(),
});
export type Job = z.infer<typeof jobSchema>;

/** What a dry run says would be done. Nothing is written. */
export const planSchema = z.object({
  kind: z.enum(jobKinds),
  entityType: z.string(),
  /** Rows read from the source. */
  source: count,
  missing: count,
  stale: count,
  outdated: count,
  failed: count,
  orphaned: count,
  /** As of the latest deep validation, where that is what a repair would put right, too; absent otherwise. */
  lost: count.optional(),
  ghost: count.optional(),
  corrupt: count.optional(),
  /** Entities that would be embedded, and deleted. */
  embed: count,
  delete: count,
  /** Deletions as a share of what is indexed, in percent, and the cap they are held against. */
  deletePercent: z.number(),
  maxDeletePercent: z.number(),
  /** Distinct texts (chunks) whose vectors do not exist yet, and the tokens in them. */
  chunks: count,
  tokens: count,
  /** From the speed measured on a sample of these texts, on this machine, now; null when there is nothing to embed. */
  estimatedMs: count.nullable(),
  /** Bytes that a rebuild needs beside what is there, and that are free; absent for other kinds. */
  disk: z.object({ neededBytes: count, freeBytes: count }).optional(),
});
export type Plan = z.infer<typeof planSchema>;

export const discoveredTypeSchema = z.object({
  name: z.string(),
  kind: z.enum(['table', 'view']),
  keyColumns: z.array(z.string()),
  textColumns: z.array(z.string()),
  rows: count.nullable(),
  selected: z.boolean(),
  reason: z.string(),
  columns: z.array(
    z.object({
      name: z.string(),
      declaredType: z.string(),
      text: z.boolean(),
      /** Its values hold HTML, which the default template takes off. */
      html: z.boolean(),
      reason: z.string(),
    }),
  ),
  /** The first rows' documents under the default template. */
  preview: z.array(z.string()),
});

export const sourceSummarySchema = z.object({ name: z.string(), kind: z.string() });

/** Where an entity can fail. */
export const letterStages = ['read', 'render', 'split', 'embed'] as const;

export const deadLetterSchema = z.object({
  entityType: z.string(),
  key: z.string(),
  keyValues,
  stage: z.enum(letterStages),
  code: z.string(),
  message: z.string(),
  attempts: count,
  /** The document, shortened; null where it could not be rendered. */
  text: z.string().nullable(),
  firstAt: timestamp,
  lastAt: timestamp,
  jobId: z.string(),
  /** Set aside by a person: not tried again, not counted as failed; null where it is not. */
  excluded: z.object({ reason: z.string(), at: timestamp }).nullable(),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;

/** UTF-16 offsets, [start, end). */
const span = z.tuple([count, count]);

export const searchModes = ['hybrid', 'vector', 'text'] as const;
export type SearchMode = (typeof searchModes)[number];

export const hitSchema = z.object({
  key: z.string(),
  keyValues,
  /** Reciprocal rank fusion (hybrid), cosine similarity (vector) or negated BM25 (text): higher is better. */
  score: z.number(),
  /** The whole document. */
  text: z.string(),
  /** The chunk that matched best; the document's beginning for a text match. */
  excerpt: z.string(),
  /** Where the excerpt stands in the text: UTF-16 offsets, [start, end). */
  chunk: z.object({ start: count, end: count }),
  /** What the words of the query match in the excerpt: UTF-16 offsets in it, in order, disjoint. */
  matches: z.array(span),
  /** 1-based rank in each list; null where the list does not have it. */
  vectorRank: count.nullable(),
  textRank: count.nullable(),
  similarity: z.number().nullable(),
});
export type Hit = z.infer<typeof hitSchema>;

/** How an entity stands right now; `absent`: neither in the source nor in the index; `excluded`: a dead letter set aside. */
export const entityClasses = ['in_sync', 'absent', 'excluded', ...driftClasses] as const;
export type EntityClass = (typeof entityClasses)[number];

/** What an entity was embedded with. */
const madeWith = {
  model: z.object({ name: z.string(), fingerprint: z.string(), dimensions: count }),
  recipe: z.object({
    fingerprint: z.string(),
    template: z.string(),
    /** In tokens; `maxTokens` null: as much as the model takes. */
    chunking: z.object({ maxTokens: count.nullable(), overlapTokens: count }),
  }),
};

/** Everything that is known of one entity. */
export const entitySchema = z.object({
  entityType: z.string(),
  key: z.string(),
  keyValues,
  /**
   * As of now. Lost and ghost are found by deep validations alone, `corrupt` here only where a checksum is wrong. Null
   * where the source cannot be asked.
   */
  class: z.enum(entityClasses).nullable(),
  /** What the source has now, in full; null where it has no such row, or cannot be asked (`sourceError`). */
  source: z
    .object({
      /** Null where the row cannot be rendered: `error` says why. */
      text: z.string().nullable(),
      error: errorSchema.nullable(),
      /** The columns that key and template name, as text; null for NULL. */
      fields: z.array(z.object({ name: z.string(), value: z.string().nullable() })),
    })
    .nullable(),
  sourceError: errorSchema.nullable(),
  /** Null where it is not indexed. */
  indexed: z
    .object({
      text: z.string(),
      chunks: z.array(z.object({ start: count, end: count, tokens: count })),
      /** The job that wrote it last, and when. */
      jobId: z.string(),
      writtenAt: timestamp,
      generation: count,
      ...madeWith,
      /** False where the stored text or a vector does not fit its checksum. */
      sound: z.boolean(),
    })
    .nullable(),
  deadLetter: deadLetterSchema.nullable(),
  /** What the latest report says of it; null where it does not name it. */
  reported: z.object({ reportId: z.string(), class: z.enum(driftClasses), reason: z.string() }).nullable(),
});
export type Entity = z.infer<typeof entitySchema>;

/** A report without what only its own page shows. */
export const pastReportSchema = reportSchema.omit({
  deep: true,
  snapshot: true,
  notChecked: true,
  samples: true,
});
export type PastReport = z.infer<typeof pastReportSchema>;

/** `none`: what it touched and left as it found it. */
export const changeKinds = ['added', 'changed', 'removed', 'none'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** What a job was, ran with, went through and changed. */
export const auditSchema = z.object({
  job: jobSchema,
  /** What it was asked for, by the names that its operation has for it. */
  options: z.record(z.string(), z.unknown()),
  /** Null for jobs that have none: rollbacks, and those that ended before they had. */
  recipe: z.object(madeWith).nullable(),
  /** The index it wrote to, and the one that served before, where it switched; null where it wrote to none. */
  generation: z
    .object({ number: count, state: z.enum(['building', 'serving', 'retired']), previous: count.nullable() })
    .nullable(),
  /** State changes, oldest first; empty for jobs of versions that did not keep them. */
  events: z.array(
    z.object({
      at: timestamp,
      state: z.enum(jobStates),
      /** The process that noted it. */
      pid: count,
      /** The error that came with it: its code says why a job stopped. */
      error: errorSchema.nullable(),
    }),
  ),
  changes: z.object({
    /** Undo records: `kept`; `pruned`: retention has removed them; `none`: it wrote nothing, or to an index that did not serve. */
    records: z.enum(['kept', 'pruned', 'none']),
    /** Entities that it brought, changed and took away; null where there are no records of that. */
    added: count.nullable(),
    changed: count.nullable(),
    removed: count.nullable(),
    /** One page of what it touched, in the order of the keys' bytes. */
    offset: count,
    items: z.array(z.object({ key: z.string(), keyValues, change: z.enum(changeKinds) })),
  }),
  /** Dead letters that are its own still. */
  deadLetters: count,
  warnings: z.array(z.string()),
});
export type Audit = z.infer<typeof auditSchema>;

export const checkSchema = z.object({
  name: z.string(),
  ok: z.boolean(),
  detail: z.string(),
  hint: z.string().nullable(),
});
export type Check = z.infer<typeof checkSchema>;

/** The process that answers, and whether it reaches the source. */
export const engineSchema = z.object({
  pid: count,
  startedAt: timestamp,
  uptimeMs: count,
  /** Resident memory of the whole process, its threads included. */
  memoryBytes: count,
  /** Absolute path of its folder. */
  workspace: z.string(),
  source: z.object({
    name: z.string(),
    kind: z.string(),
    reachable: z.boolean(),
    /** When it was last looked at: some seconds ago at most. */
    checkedAt: timestamp,
    /** Why it is not reachable. */
    error: errorSchema.nullable(),
  }),
  /** Embedding threads that are up. */
  threads: count,
  jobsRunning: count,
  queued: count,
});
export type EngineState = z.infer<typeof engineSchema>;

/** What compacting a graph takes out of it. */
export const compactedGraphSchema = z.object({
  entityType: z.string(),
  vectors: count,
  /** Dropped vectors taken out. */
  tombstones: count,
  bytesBefore: count,
  bytesAfter: count,
});

/** What compaction removed, or with `dryRun` would remove. */
export const compactionSchema = z.object({
  dryRun: z.boolean(),
  graphs: z.array(compactedGraphSchema),
  /** Undo records beyond retention. */
  undo: count,
  /** Retired generations beyond retention. */
  generations: count,
  /** Embeddings that nothing refers to any more. */
  embeddings: count,
  catalogBytesBefore: count,
  catalogBytesAfter: count,
});
export type Compaction = z.infer<typeof compactionSchema>;

/** What a running job tells its watchers; the newest says everything, so none needs to be kept. */
export interface ProgressEvent {
  readonly job: Job;
  /** What is going on, in a word or two: `reading`, `checking`, `indexing`. */
  readonly stage: string;
  /** All that the job goes through, in order; `stage` is one of them, unless the job waits for its turn. */
  readonly stages: readonly string[];
  /** Entities per second over the last seconds; null before there is enough to tell. */
  readonly ratePerSecond: number | null;
  /** Left at this rate; null where that is not known. */
  readonly etaMs: number | null;
  /** 0-100, of the pass under way; never goes back within it. Null while the total is unknown. */
  readonly percent: number | null;
  /** Embedding threads that are up. */
  readonly workers: number;
  /** Resident memory of the engine's process. */
  readonly memoryBytes: number;
}

/** Failures of a running job, told as they happen: those of a moment with the same code are one event. */
export interface ProblemEvent {
  readonly jobId: string;
  readonly entityType: string;
  /** `dead_letter`: entities that failed for good; `retry`: batches that are tried again. */
  readonly kind: 'dead_letter' | 'retry';
  readonly code: string;
  /** Of the latest of them. */
  readonly message: string;
  /** The latest entity; null for batches. */
  readonly key: string | null;
  readonly count: number;
  /** Unix time in milliseconds. */
  readonly at: number;
}
