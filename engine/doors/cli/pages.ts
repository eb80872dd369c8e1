/** Lists that are longer than one answer may be, page by page. */
import { MAX_PAGE } from '../../contract.ts';
import type { OptionValues } from './options.ts';

interface Page {
  readonly items: readonly unknown[];
  readonly total: number;
  /** Of drifted keys: the report that they are from, and how far a search for a text has come. */
  readonly reportId?: string;
  readonly searched?: { readonly items: number; readonly of: number } | null;
}

/** Items of a list when no limit is given. */
const DEFAULT_ITEMS = 1000;

/** As many items as were asked for. Where another report comes meanwhile, all are of that one. */
export async function inPages<P extends Page>(
  call: (input: OptionValues) => Promise<P>,
  input: OptionValues,
): Promise<P> {
  const wanted = Number(input['limit'] ?? DEFAULT_ITEMS);
  const offset = Number(input['offset'] ?? 0);
  const first = await call({ ...input, limit: Math.min(MAX_PAGE, wanted) });
  const items = [...first.items];
  let last = first;
  while (items.length < wanted && (offset + items.length < last.total || isSearching(last))) {
    const limit = Math.min(MAX_PAGE, wanted - items.length);
    last = await call({ ...input, limit, offset: offset + items.length });
    if (last.reportId !== first.reportId) return inPages(call, input);
    items.push(...last.items);
    if (last.items.length === 0 && !isSearching(last)) break;
  }
  return { ...last, ...('offset' in first ? { offset } : {}), items };
}

const isSearching = ({ searched }: Page): boolean => searched != null && searched.items < searched.of;
