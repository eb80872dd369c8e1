/** Finds rows that were not drawn on pictures of the window: stretches of the table without a single mark. */
import type { Page } from 'playwright';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * For each frame (PNG, base64, of the whole window) how many rows of the table were blank. A row has text, or the bars that stand
 * for it, every 40 pixels; between two of them lie at most 34 without any.
 * @param helper any page: it decodes the pictures.
 */
export async function blankRowsOf(helper: Page, frames: readonly string[], grid: Box): Promise<number[]> {
  const blank: number[] = [];
  for (const frame of frames)
    blank.push((await helper.evaluate(`(${LOOK})(${JSON.stringify({ frame, grid })})`)) as number);
  return blank;
}

/** Runs in the page. */
const LOOK = `async ({ frame, grid }) => {
  const ROW = 40;
  const HEADER = 36;
  const bytes = Uint8Array.from(atob(frame), (character) => character.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  // Keys and texts; neither the borders nor the scroll bar, which are there without any row.
  const [left, width] = [Math.round(grid.x + 30), Math.round(grid.width - 80)];
  const [top, height] = [Math.round(grid.y + HEADER + 2), Math.round(grid.height - HEADER - 4)];
  const { data } = context.getImageData(left, top, width, height);
  let [run, blank] = [0, 0];
  for (let y = 0; y < height; y += 1) {
    let [darkest, lightest] = [255, 0];
    for (let x = 0; x < width; x += 1) {
      const value = data[(y * width + x) * 4 + 1];
      darkest = Math.min(darkest, value);
      lightest = Math.max(lightest, value);
    }
    const isEmpty = lightest - darkest < 12;
    run = isEmpty ? run + 1 : 0;
    if (run > 0 && run % ROW === 0) blank += 1;
  }
  return blank;
}`;
