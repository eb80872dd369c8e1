/** Long lists: what is read of them, what is kept, and where rows stand. */
import { describe, expect, it } from 'vitest';
import { rowAfterKey } from '../../renderer/components/virtual-grid/grid-keys.ts';
import { PagedList, type Page } from '../../renderer/components/virtual-grid/paged-list.ts';
import { MAX_LAYOUT_PX, scrollScale } from '../../renderer/components/virtual-grid/scroll-scale.ts';

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Numbers from 0 on, and the offsets that were asked for. */
function numbers(total: number, maxPages = 3) {
  const asked: number[] = [];
  const list = new PagedList<number>({
    pageSize: 10,
    maxPages,
    load: async (offset, limit): Promise<Page<number>> => {
      asked.push(offset);
      const length = Math.max(0, Math.min(limit, total - offset));
      return { items: Array.from({ length }, (_, i) => offset + i), total, isComplete: true };
    },
  });
  return { list, asked };
}

describe('a paged list', () => {
  it('reads what is wanted, once, and knows its length', async () => {
    const { list, asked } = numbers(95);
    list.want(0, 12);
    list.want(0, 14);
    await settled();
    expect(asked).toEqual([0, 10]);
    expect([list.total, list.itemAt(0), list.itemAt(14), list.itemAt(20)]).toEqual([95, 0, 14, undefined]);
    list.want(88, 400);
    await settled();
    expect(asked).toEqual([0, 10, 80, 90]);
    expect([list.itemAt(94), list.itemAt(95)]).toEqual([94, undefined]);
  });

  it('keeps only the pages that were looked at last', async () => {
    const { list, asked } = numbers(1000);
    for (const at of [0, 10, 20, 0, 30]) {
      list.want(at, at);
      await settled();
    }
    expect(list.pagesKept).toBe(3);
    // The first was looked at again since, the second was not.
    expect([list.itemAt(5), list.itemAt(15)]).toEqual([5, undefined]);
    list.want(10, 10);
    await settled();
    expect(asked).toEqual([0, 10, 20, 30, 10]);
  });

  it('drops what was scrolled past before its turn came', async () => {
    const { list, asked } = numbers(1_000_000);
    list.want(0, 0);
    await settled();
    for (let at = 0; at < 1000; at += 10) list.want(at, at + 5);
    await settled();
    await settled();
    expect(asked.length).toBeLessThan(6);
    expect(list.itemAt(993)).toBe(993);
  });

  it('tells of a failure, keeps what it has, and goes on when asked to', async () => {
    let isDown = true;
    const list = new PagedList<number>({
      pageSize: 10,
      maxPages: 3,
      load: async (offset) => {
        if (isDown && offset > 0) throw new Error('down');
        return { items: Array.from({ length: 10 }, (_, i) => offset + i), total: 30, isComplete: true };
      },
    });
    list.want(0, 0);
    await settled();
    list.want(20, 20);
    await settled();
    expect([list.error?.message, list.itemAt(0), list.itemAt(20)]).toEqual(['down', 0, undefined]);
    isDown = false;
    list.retry();
    await settled();
    expect([list.error, list.itemAt(20)]).toEqual([null, 20]);
  });

  it('asks on by itself while a search is not over', async () => {
    let searched = 0;
    const list = new PagedList<number>({
      pageSize: 10,
      maxPages: 3,
      load: async () => {
        searched += 1;
        const items = Array.from({ length: searched * 2 }, (_, i) => i);
        return { items, total: items.length, isComplete: searched === 3 };
      },
    });
    list.want(0, 5);
    for (let turn = 0; turn < 5; turn += 1) await settled();
    expect([searched, list.total, list.isComplete, list.itemAt(5)]).toEqual([3, 6, true, 5]);
  });

  it('takes no answer that nobody waits for any more', async () => {
    const { promise, resolve } = Promise.withResolvers<Page<number>>();
    const list = new PagedList<number>({ pageSize: 10, maxPages: 3, load: () => promise });
    list.want(0, 0);
    list.stop();
    resolve({ items: [1], total: 1, isComplete: true });
    await settled();
    expect([list.total, list.itemAt(0)]).toEqual([null, undefined]);
  });
});

describe('the height of a list', () => {
  it('is its own as long as a browser can lay it out', () => {
    const { height, toList, toScrollTop } = scrollScale(50_000 * 40, 600);
    expect([height, toList(1234), toScrollTop(1234)]).toEqual([2_000_000, 1234, 1234]);
  });

  it('is squeezed beyond that, from its very beginning to its very end', () => {
    const [rows, viewport] = [1_000_000 * 40, 600];
    const { height, toList, toScrollTop } = scrollScale(rows, viewport);
    expect(height).toBe(MAX_LAYOUT_PX);
    expect(toList(0)).toBe(0);
    expect(toList(height - viewport)).toBeCloseTo(rows - viewport);
    expect(toScrollTop(toList(4_321_000))).toBeCloseTo(4_321_000);
  });
});

describe('the keys of a grid', () => {
  it.each([
    ['ArrowDown', 5, 6],
    ['ArrowDown', 99, 99],
    ['ArrowDown', -1, 0],
    ['ArrowUp', 0, 0],
    ['PageDown', 5, 15],
    ['PageDown', 95, 99],
    ['PageUp', 5, 0],
    ['Home', 50, 0],
    ['End', 0, 99],
    ['x', 5, null],
  ])('%s leads from row %i to %s', (key, active, to) => {
    expect(rowAfterKey(key, { active, count: 100, perPage: 10 })).toBe(to);
  });

  it('lead nowhere in an empty one', () => {
    expect(rowAfterKey('End', { active: -1, count: 0, perPage: 10 })).toBeNull();
  });
});
