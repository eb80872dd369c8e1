/** Where the window was, and where it may be: a display may have gone since, or changed its size. */
import { z } from 'zod';

export const windowStateSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().positive(),
  height: z.int().positive(),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof windowStateSchema>;

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The page is made for it, and works from there on. */
export const MIN_SIZE = { width: 480, height: 400 } as const;
const DEFAULT_SIZE = { width: 1280, height: 800 } as const;
/** So much of the title bar has to be on a display that a mouse can pull it back. */
const GRIP = { width: 120, height: 30 } as const;

export interface WindowPlace {
  /** Absent: centred on the main display. */
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
  readonly maximized: boolean;
}

/**
 * @param workAreas of the displays, without task bars; the main one first.
 */
export function placeWindow(saved: WindowState | null, workAreas: readonly Area[]): WindowPlace {
  const home = saved === null ? undefined : workAreas.find((area) => isReachable(saved, area));
  const area = home ?? workAreas[0] ?? { x: 0, y: 0, ...DEFAULT_SIZE };
  const width = fit(saved?.width ?? DEFAULT_SIZE.width, MIN_SIZE.width, area.width);
  const height = fit(saved?.height ?? DEFAULT_SIZE.height, MIN_SIZE.height, area.height);
  const maximized = saved?.maximized ?? false;
  if (saved === null || home === undefined) return { width, height, maximized };
  return { x: saved.x, y: saved.y, width, height, maximized };
}

/** True where the window's title bar can be reached on this display. */
function isReachable(window: WindowState, area: Area): boolean {
  const overlap = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x);
  const isBarInside = window.y >= area.y && window.y + GRIP.height <= area.y + area.height;
  return overlap >= GRIP.width && isBarInside;
}

/** The minimum gives way on a display that is smaller. */
const fit = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);
