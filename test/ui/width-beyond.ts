import type { Page } from 'playwright';

/** How far the page reaches beyond the window's width, pixels: 0 where nobody has to scroll sideways. */
export function widthBeyond(tab: Page): Promise<number> {
  return tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
