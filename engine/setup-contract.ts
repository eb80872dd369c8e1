/**
 * The contract of what a person does around the operations of a workspace: choosing a source, making and opening workspaces,
 * models, settings. Page and REST door share it. As in `contract.ts`, fields may be added, never renamed.
 */
import { z } from 'zod';
import { count, discoveredTypeSchema, errorSchema, timestamp } from './contract.ts';

export const workspaceSummarySchema = z.object({
  /** Absolute path. */
  folder: z.string(),
  /** What the source is called. */
  name: z.string(),
  lastOpenedAt: timestamp,
  /** False where the folder is gone or holds no configuration. */
  exists: z.boolean(),
});

export const workspacesSchema = z.object({
  /** The one being served; null where none is open. */
  open: z
    .object({
      folder: z.string(),
      name: z.string(),
      /** True where it was made by `createSample`: only then is there something for `changeSample` to change. */
      sample: z.boolean(),
    })
    .nullable(),
  /** True where the server was started for one workspace: others cannot be opened in it. */
  pinned: z.boolean(),
  /** Newest first. */
  recent: z.array(workspaceSummarySchema),
  /** Where new workspaces are made unless the person says otherwise. */
  defaultFolder: z.string(),
});
export type Workspaces = z.infer<typeof workspacesSchema>;

/** An entity type as the person has set it up. */
export const chosenTypeSchema = z.object({
  name: z.string(),
  key: z.array(z.string()).min(1),
  template: z.string().min(1),
  filter: z.string().min(1).optional(),
});
export type ChosenType = z.infer<typeof chosenTypeSchema>;

export const fileEntrySchema = z.object({
  name: z.string(),
  path: z.string(),
  /** `source`: a file that looks like something that can be indexed. */
  kind: z.enum(['folder', 'workspace', 'source', 'other']),
  bytes: count.nullable(),
  modifiedAt: timestamp.nullable(),
});

export const modelStates = ['ready', 'absent', 'downloading', 'failed'] as const;

export const modelSummarySchema = z.object({
  /** As it is written in `plumbline.yaml`. */
  name: z.string(),
  title: z.string(),
  description: z.string(),
  kind: z.enum(['builtin', 'hub', 'folder']),
  state: z.enum(modelStates),
  /** Of its files; what a download would take where it is absent. Null where that is not known. */
  bytes: count.nullable(),
  dimensions: count.nullable(),
  maxTokens: count.nullable(),
  /** In words: `English`, `about 100 languages`. */
  languages: z.string(),
  /** Texts of 100 tokens that one core embeds in a second, about; `measured` where this machine measured it. */
  textsPerSecond: z.object({ value: z.number(), measured: z.boolean() }).nullable(),
  license: z.string().nullable(),
  /** True where the configuration names it. */
  inUse: z.boolean(),
  /** While it is downloading. `total` is null until the server has said it. */
  progress: z.object({ received: count, total: count.nullable() }).nullable(),
  /** Why the last download failed. */
  error: errorSchema.nullable(),
});
export type ModelSummary = z.infer<typeof modelSummarySchema>;

const models = z.object({ models: z.array(modelSummarySchema) });
/** A path or URL of a source; absent for the source of the open workspace. */
const source = z.string().min(1).optional();

/** What a person can set without editing the file. */
export const settingsSchema = z.object({
  model: z.string(),
  maxDeletePercent: z.number().min(0).max(100),
  failOn: z.string().nullable(),
  /** Threads that embed; null for the machine's default. */
  workers: z.int().min(1).max(64).nullable(),
  chunking: z.object({ maxTokens: count.nullable(), overlapTokens: count.nullable() }),
  entityTypes: z.array(chosenTypeSchema),
});
export type Settings = z.infer<typeof settingsSchema>;

/**
 * By name: input and output. `workspace` tells whether one has to be open. Routes are in `setup-routes.ts`.
 */
export const setupOperations = {
  workspaces: { workspace: false, input: z.object({}), output: workspacesSchema },
  /** Closes the one that is open, see `closeWorkspace`. */
  openWorkspace: {
    workspace: false,
    input: z.object({ folder: z.string().min(1), interrupt: z.boolean().optional() }),
    output: workspacesSchema,
  },
  /** Refused while jobs run, unless `interrupt`: then they are brought to a safe point, to be resumed. */
  closeWorkspace: {
    workspace: false,
    input: z.object({ interrupt: z.boolean().optional() }),
    output: workspacesSchema,
  },
  /** Takes it off the list of recent ones; the folder stays. */
  forgetWorkspace: { workspace: false, input: z.object({ folder: z.string() }), output: workspacesSchema },
  createWorkspace: {
    workspace: false,
    input: z.object({
      source: z.string().min(1),
      /** Default: a new folder, named like the source, below the default one. */
      folder: z.string().min(1).optional(),
      name: z.string().min(1).optional(),
      model: z.string().min(1).optional(),
      /** Default: every type that discovery selects, with its suggested template. */
      entityTypes: z.array(chosenTypeSchema).min(1).optional(),
      interrupt: z.boolean().optional(),
    }),
    output: workspacesSchema,
  },
  /** Makes the sample shop with a workspace of its own and opens it. */
  createSample: {
    workspace: false,
    input: z.object({ interrupt: z.boolean().optional() }),
    output: workspacesSchema,
  },
  /** Changes rows of the sample shop behind the index's back, so that there is drift to see. */
  changeSample: {
    workspace: true,
    input: z.object({}),
    output: z.object({
      changes: z.array(z.object({ entityType: z.string(), inserted: count, updated: count, deleted: count })),
    }),
  },
  /** A folder's entries, folders first; at most 1,000. */
  files: {
    workspace: false,
    input: z.object({ folder: z.string().optional() }),
    output: z.object({
      folder: z.string(),
      parent: z.string().nullable(),
      /** Good places to start from: home, the folder that the server was started in, drives. */
      places: z.array(z.object({ name: z.string(), path: z.string() })),
      entries: z.array(fileEntrySchema),
      truncated: z.boolean(),
    }),
  },
  /** Opens a source, says what it found and what is suggested for it, whatever is configured, and closes it. */
  probeSource: {
    workspace: false,
    input: z.object({ source }),
    output: z.object({
      source: z.object({ name: z.string(), kind: z.string(), bytes: count.nullable() }),
      entityTypes: z.array(
        discoveredTypeSchema.extend({
          /** What its template would be, as `init` writes it; '' where it has no text columns. */
          template: z.string(),
        }),
      ),
      /** The folder that `createWorkspace` would make for it unless told otherwise. */
      folder: z.string(),
    }),
  },
  /** What a template makes of the first rows. Mistakes of the template are errors with what and where. */
  previewTemplate: {
    workspace: false,
    input: chosenTypeSchema.extend({
      source,
      /** Counts the tokens; default: the configured one, else the built-in one. */
      model: z.string().min(1).optional(),
      limit: z.int().min(1).max(20).optional(),
    }),
    output: z.object({
      documents: z.array(
        z.object({
          key: z.string(),
          /** '' where the row cannot be rendered: `error` says why. */
          text: z.string(),
          tokens: count.nullable(),
          chunks: count.nullable(),
          error: errorSchema.nullable(),
        }),
      ),
    }),
  },
  /** Time and disk that indexing would take, from a sample of rows embedded here and now. */
  estimate: {
    workspace: false,
    input: z.object({ source, model: z.string().optional(), entityTypes: z.array(chosenTypeSchema).min(1) }),
    output: z.object({
      entityTypes: z.array(z.object({ name: z.string(), rows: count, chunks: count, tokens: count })),
      rows: count,
      chunks: count,
      tokens: count,
      /** Null where the model is not here to be measured. */
      durationMs: count.nullable(),
      diskBytes: count,
      freeBytes: count.nullable(),
    }),
  },
  models: { workspace: false, input: z.object({}), output: models },
  /** Starts, or goes on with, a download; `models` shows its progress. */
  downloadModel: { workspace: true, input: z.object({ name: z.string().min(1) }), output: models },
  cancelDownload: { workspace: true, input: z.object({ name: z.string().min(1) }), output: models },
  /** Copies a model folder into the workspace, checked first. */
  importModel: { workspace: true, input: z.object({ folder: z.string().min(1) }), output: models },
  /** Refused for the one in use. */
  removeModel: { workspace: true, input: z.object({ name: z.string().min(1) }), output: models },
  settings: {
    workspace: true,
    input: z.object({}),
    output: z.object({ settings: settingsSchema, file: z.string(), text: z.string() }),
  },
  /** Changes what is given and leaves the rest of the file, comments included, as it is. */
  changeSettings: {
    workspace: true,
    input: settingsSchema.partial().extend({
      /** The text that the change was made on: refused where the file has changed since. */
      basedOn: z.string().optional(),
    }),
    output: z.object({ settings: settingsSchema, file: z.string(), text: z.string() }),
  },
  /** A new access token; the former one is void at once. */
  renewToken: { workspace: false, input: z.object({}), output: z.object({ token: z.string() }) },
} as const;

export type SetupOperations = typeof setupOperations;
export type SetupOperationName = keyof SetupOperations;
export type SetupInput<N extends SetupOperationName> = z.input<SetupOperations[N]['input']>;
export type SetupOutput<N extends SetupOperationName> = z.output<SetupOperations[N]['output']>;
