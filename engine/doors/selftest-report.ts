/** What the self-test tells; apart from it, because the desktop's main process reads reports and loads nothing native. */
import { z } from 'zod';

export const selftestSchema = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.object({
      name: z.enum(['sqlite', 'hnsw', 'embedding']),
      ok: z.boolean(),
      durationMs: z.number(),
      /** What was found, or what went wrong. */
      detail: z.string(),
    }),
  ),
  versions: z.object({
    node: z.string(),
    /** Null in plain Node. */
    electron: z.string().nullable(),
    platform: z.string(),
    arch: z.string(),
  }),
});
export type SelftestReport = z.infer<typeof selftestSchema>;
