import { useEffect, useMemo, useRef, useState, type RefObject } from 'react';
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  useVirtualizer,
  type VirtualItem,
} from '@tanstack/react-virtual';
import { scrollScale } from './scroll-scale.ts';

/** Pixels; every row has this height, so that the place of any of a million is known without looking. */
export const ROW_PX = 40;
export const HEADER_PX = 36;
/** Rows kept on both sides of what is seen. */
const OVERSCAN = 12;

export interface Rows {
  readonly items: readonly VirtualItem[];
  /** Of the element that holds the rows, pixels. */
  readonly height: number;
  /** Where a row stands in that element, pixels. */
  topOf(row: VirtualItem): number;
  /** Rows seen at once, in full. */
  readonly perPage: number;
  scrollTo(index: number): void;
}

/** The rows to render of a list, squeezed where it is too tall for the browser. */
export function useRows(scroller: RefObject<HTMLDivElement | null>, count: number): Rows {
  const [viewport, setViewport] = useState(600);
  const scale = useMemo(() => scrollScale(count * ROW_PX, viewport), [count, viewport]);
  // The observer is set up once, and the scale changes with the list.
  const current = useRef(scale);
  useEffect(() => {
    current.current = scale;
  }, [scale]);
  // oxlint-disable-next-line react/incompatible-library -- nothing that it gives is passed on to memoised components
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    observeElementRect: (instance, tell) =>
      observeElementRect(instance, (rect) => {
        // The header lies over the list's beginning.
        const height = Math.max(0, rect.height - HEADER_PX);
        setViewport(height);
        tell({ ...rect, height });
      }),
    // Told as scrolled even at rest: that is rendered at once. A change that the timer for "at rest" sees before the browser
    // tells of it would be rendered a frame late, and the browser's own event would then be taken for an echo.
    observeElementOffset: (instance, tell) =>
      observeElementOffset(instance, (scrollTop) => tell(current.current.toList(scrollTop), true)),
    scrollToFn: (offset, options, instance) => elementScroll(scale.toScrollTop(offset), options, instance),
  });

  const perPage = Math.max(1, Math.floor(viewport / ROW_PX) - 1);
  return {
    items: virtualizer.getVirtualItems(),
    height: scale.height,
    perPage,
    topOf(row) {
      const offset = virtualizer.scrollOffset ?? 0;
      return row.start - offset + scale.toScrollTop(offset);
    },
    scrollTo(index) {
      const element = scroller.current;
      if (element === null) return;
      const seen = scale.toList(element.scrollTop);
      const top = index * ROW_PX;
      if (top < seen) element.scrollTop = scale.toScrollTop(top);
      else if (top + ROW_PX > seen + viewport) element.scrollTop = scale.toScrollTop(top + ROW_PX - viewport);
    },
  };
}
