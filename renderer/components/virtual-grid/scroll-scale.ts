/**
 * Browsers lay out no element taller than some tens of millions of pixels (Firefox 17.8, Chromium 33.5): a list that would be is
 * squeezed, and scrolling it moves over more rows per pixel. Pure.
 */

/** Below every browser's limit. */
export const MAX_LAYOUT_PX = 16_000_000;

export interface ScrollScale {
  /** Height of the scrolled element, pixels. */
  readonly height: number;
  /** Where the list is, for where its element has been scrolled to. */
  toList(scrollTop: number): number;
  /** The inverse of {@link toList}. */
  toScrollTop(offset: number): number;
}

/** @param listHeight of all rows, @param viewport of those seen at once: pixels. */
export function scrollScale(listHeight: number, viewport: number): ScrollScale {
  const height = Math.min(listHeight, MAX_LAYOUT_PX);
  const range = height - viewport;
  const factor = range <= 0 || height === listHeight ? 1 : (listHeight - viewport) / range;
  return {
    height,
    toList: (scrollTop) => scrollTop * factor,
    toScrollTop: (offset) => offset / factor,
  };
}
