/** Looks at a table's rows at every frame while something is done to it. */
import type { Page } from 'playwright';

export interface RowsSeen {
  readonly frames: number;
  readonly longestFrameMs: number;
  /** Rows' worth of the table that nothing covered, over all frames. */
  readonly blankRows: number;
  /** Rows that were shown as loading, over all frames. */
  readonly loadingRows: number;
  /** Longest time without a frame on which every row was there. */
  readonly longestLoadingMs: number;
}

/** The table is the only one of the page. Runs in the page: it sees what the browser is about to draw. */
export async function watchRows(tab: Page, work: () => Promise<void>): Promise<RowsSeen> {
  await tab.evaluate(START);
  await work();
  return tab.evaluate(STOP) as Promise<RowsSeen>;
}

/** Scripts as text: this file knows no DOM. */
const START = `(() => {
  const ROW = 40;
  const seen = { frames: 0, longestFrameMs: 0, blankRows: 0, loadingRows: 0, longestLoadingMs: 0 };
  let last = performance.now();
  let loadingSince = null;
  const look = (now) => {
    const grid = document.querySelector('[role=grid]');
    const box = grid.getBoundingClientRect();
    const [header, body] = grid.children;
    const top = header.getBoundingClientRect().bottom;
    const bottom = Math.min(box.bottom, body.getBoundingClientRect().bottom);
    const rows = [...body.children]
      .map((row) => ({ row, box: row.getBoundingClientRect() }))
      .filter(({ box }) => box.bottom > top && box.top < bottom)
      .sort((a, b) => a.box.top - b.box.top);
    let covered = top;
    let gap = 0;
    for (const { box } of rows) {
      gap += Math.max(0, box.top - covered);
      covered = Math.max(covered, box.bottom);
    }
    gap += Math.max(0, bottom - covered);
    // Less than half a row is rounding.
    seen.blankRows += Math.round(gap / ROW);
    const loading = rows.filter(({ row }) => row.hasAttribute('data-loading')).length;
    seen.loadingRows += loading;
    if (loading === 0) loadingSince = null;
    else seen.longestLoadingMs = Math.max(seen.longestLoadingMs, now - (loadingSince ??= now));
    seen.frames += 1;
    seen.longestFrameMs = Math.max(seen.longestFrameMs, now - last);
    last = now;
    globalThis.rowsWatch.next = requestAnimationFrame(look);
  };
  globalThis.rowsWatch = { seen, next: requestAnimationFrame(look) };
})()`;

const STOP = `(() => {
  cancelAnimationFrame(globalThis.rowsWatch.next);
  return globalThis.rowsWatch.seen;
})()`;
