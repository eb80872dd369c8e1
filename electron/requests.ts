/** The calls of the bridge, as the main process takes them: what may be in them. */
import { z } from 'zod';
import type { BridgeCall } from './channels.ts';

/** Nobody reads more than that in a title or a notification. */
const line = z.string().max(1000);
const path = z.string().min(1).max(32_768);

const pickOptions = z.strictObject({
  title: line.optional(),
  folder: path.optional(),
  filters: z.array(z.strictObject({ name: line, extensions: z.array(line).min(1) })).optional(),
});

/** Arguments by call. */
export const requestSchemas = {
  pickFile: z.tuple([pickOptions.default({})]),
  pickFolder: z.tuple([pickOptions.default({})]),
  notify: z.tuple([z.strictObject({ title: line, body: line })]),
  showInFolder: z.tuple([path]),
  secretNames: z.tuple([]),
  saveSecret: z.tuple([line, z.string().min(1).max(65_536)]),
  removeSecret: z.tuple([line]),
} satisfies Record<BridgeCall, z.ZodType>;

export type RequestArguments<N extends BridgeCall> = z.infer<(typeof requestSchemas)[N]>;
