/**
 * What the main process and the engine's process say to each other. Each side checks what it receives: the two are built
 * apart, and a message that is not understood must be an error with a name instead of an `undefined` somewhere later.
 */
import { z } from 'zod';
import { selftestSchema } from '../engine/doors/selftest-report.ts';
import { EXIT, PlumblineError, type ErrorData } from '../engine/errors.ts';

const environment = z.record(z.string(), z.string());

/** Files that come with the app; absolute paths. */
const resources = z.object({
  /** Folder of the model that ships with Plumbline. */
  builtinModel: z.string(),
  /** Folder of the page. */
  page: z.string(),
});

const toEngineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('start'),
    /** The workspace to open; null for none, or for the one that was open last. */
    folder: z.string().nullable(),
    /** The port of the last time, where it is free: what a page keeps in the browser belongs to its address. */
    port: z.int().min(0).max(65_535),
    version: z.string(),
    environment,
    resources,
  }),
  /** In the place of `start`: checks itself, reports and ends. */
  z.object({ type: z.literal('selftest'), resources }),
  /** Secrets that were changed while the engine runs. */
  z.object({ type: z.literal('environment'), environment }),
  z.object({ type: z.literal('open'), folder: z.string() }),
  /** Asks for a new way in: one lets in once. */
  z.object({ type: z.literal('entry') }),
  z.object({ type: z.literal('stop') }),
]);
export type ToEngine = z.infer<typeof toEngineSchema>;

const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  retryable: z.boolean(),
  exitCode: z.literal(Object.values(EXIT)),
}) satisfies z.ZodType<Omit<ErrorData, 'details'>>;

/** How busy the engine is. */
const activitySchema = z.object({
  /** Jobs that run or wait. */
  jobs: z.int().nonnegative(),
  /** What the running one does, in words: `index products`; empty where nothing runs. */
  title: z.string(),
  /** Share of the running job that is done, 0-1; null while that is not known. */
  share: z.number().min(0).max(1).nullable(),
});
export type Activity = z.infer<typeof activitySchema>;

const fromEngineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), url: z.url(), entryUrl: z.url() }),
  z.object({ type: z.literal('entry'), entryUrl: z.url() }),
  /** Starting or opening failed; after the former the process ends. */
  z.object({ type: z.literal('failed'), error: errorSchema }),
  z.object({ type: z.literal('activity'), activity: activitySchema }),
  z.object({ type: z.literal('report'), report: selftestSchema }),
]);
export type FromEngine = z.infer<typeof fromEngineSchema>;

/** @throws PlumblineError `MESSAGE_INVALID`. */
export const parseToEngine = (message: unknown): ToEngine => parse(toEngineSchema, message);

/** @throws PlumblineError `MESSAGE_INVALID`. */
export const parseFromEngine = (message: unknown): FromEngine => parse(fromEngineSchema, message);

function parse<T>(schema: z.ZodType<T>, message: unknown): T {
  const result = schema.safeParse(message);
  if (result.success) return result.data;
  throw new PlumblineError(
    'MESSAGE_INVALID',
    `a message between window and engine is not understood: ${z.prettifyError(result.error)}`,
    { hint: 'The installation mixes two versions; install it anew.', exitCode: EXIT.unexpected },
  );
}
