/** The items of the latest report as a download: read when the client has room for them, so that a million cost no memory. */
import { z } from 'zod';
import { driftClasses, exportFormats, type DriftItem } from '../../contract.ts';
import { exportTexts } from '../../drift-export.ts';
import type { Engine } from '../../engine.ts';
import { countItems, latestReport } from '../../operations/drift.ts';

/** Items read at once. */
const PAGE_ITEMS = 500;

export const exportSchema = z.strictObject({
  format: z.enum(exportFormats).optional(),
  class: z.enum(driftClasses).optional(),
});

export interface ExportOptions extends z.infer<typeof exportSchema> {
  readonly entityType: string;
  /** Only the headers: for a HEAD. */
  readonly isHead: boolean;
  /** Aborts when the workspace is closed. */
  readonly closing: AbortSignal;
  /** Cuts the connection: a stream that fails would be ended like one that is whole. */
  readonly breakOff: () => void;
}

/**
 * What is told at once is an error of the request. Where a newer report takes the items away meanwhile, or the workspace is
 * closed, the download breaks off, so that a part never passes for the whole.
 * @throws PlumblineError `ENTITY_TYPE_UNKNOWN`, `NOT_VALIDATED`.
 */
export function exportDrift(engine: Engine, options: ExportOptions): Response {
  const { entityType, closing } = options;
  const { id, report } = latestReport(engine, entityType);
  const driftClass = options.class ?? null;
  const format = options.format ?? 'json';
  const text = exportTexts[format];
  const of = countItems(report, driftClass);
  const name = [entityType, ...(driftClass === null ? [] : [driftClass]), 'drift', String(id)].join('-');
  const headers = {
    'content-type': text.contentType,
    'content-disposition': `attachment; filename="${name.replaceAll(/[^\w.-]+/g, '_')}.${format}"`,
  };
  if (options.isHead) return new Response(null, { headers });
  const encoder = new TextEncoder();
  let after = 0;
  let told = 0;

  /** The next items; null where there should be more and they cannot be read. */
  function nextItems(): DriftItem[] | null {
    if (closing.aborted) return null;
    try {
      const page = engine.catalog.reports.itemsAfter(id, driftClass, after, PAGE_ITEMS);
      after = page.at(-1)?.number ?? after;
      return page.length === 0 && told < of ? null : page.map(({ item }) => item);
    } catch {
      // A damaged catalog: other requests say so.
      return null;
    }
  }

  function textOf(items: readonly DriftItem[]): string {
    const before = told === 0 ? text.begin : text.between;
    told += items.length;
    return before + items.map((item) => text.item(item)).join(text.between) + (told >= of ? text.end : '');
  }

  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const items = nextItems();
        if (items === null) options.breakOff();
        else controller.enqueue(encoder.encode(textOf(items)));
        if (items === null || told >= of) controller.close();
      },
    },
    { highWaterMark: 1 },
  );
  return new Response(body, { headers });
}
