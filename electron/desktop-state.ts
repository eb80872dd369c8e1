/** What the window remembers from one start to the next. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeFileDurably } from '../engine/durable-file.ts';
import { windowStateSchema } from './policy/window-state.ts';

const desktopStateSchema = z.object({
  window: windowStateSchema.nullable(),
  /** Of the engine's server; 0 for any. */
  port: z.int().min(0).max(65_535),
});
export type DesktopState = z.infer<typeof desktopStateSchema>;

const NOTHING: DesktopState = { window: null, port: 0 };

/** Never fails: a file that is gone, damaged or of another version is worth no more than the default place of a window. */
export function readDesktopState(path: string): DesktopState {
  try {
    return desktopStateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return NOTHING;
  }
}

export function writeDesktopState(path: string, state: DesktopState): void {
  writeFileDurably(path, JSON.stringify(state));
}
