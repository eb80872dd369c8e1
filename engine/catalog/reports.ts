/** Validation reports and their drift items. An unfinished report is never shown. */
import type { DriftClass, DriftItem, PastReport, Report } from '../contract.ts';
import { parse, stringify } from '../json.ts';
import { decodeKey, formatKey, keyToJson, type EncodedKey } from '../key.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

export interface DriftItemWrite {
  readonly class: DriftClass;
  readonly key: EncodedKey;
  readonly reason: string;
  readonly text: string | null;
  readonly indexedText: string | null;
}

/** An item as a repair works through it. */
export interface StoredDriftItem {
  readonly number: number;
  readonly class: DriftClass;
  readonly key: Buffer;
}

/** Items of a report: those of some classes, or with these numbers (in order); nulls leave the choice open. */
export interface ItemChoice {
  readonly classes: readonly DriftClass[] | null;
  readonly numbers: readonly number[] | null;
}

interface ItemRow {
  number: number;
  class: DriftClass;
  key: Buffer;
  reason: string;
  text: string | null;
  indexed_text: string | null;
}

function toItem(row: ItemRow): DriftItem {
  const key = decodeKey(row.key);
  return {
    key: formatKey(key),
    keyValues: keyToJson(key),
    class: row.class,
    reason: row.reason,
    text: row.text,
    indexedText: row.indexed_text,
  };
}

interface PastRow {
  summary: string;
}

const toPastReport = (summary: string): PastReport => ({
  excluded: 0,
  ...(parse(summary) as Omit<PastReport, 'excluded'>),
});

/** A stored summary; one of an older version lacks the fields that came later. */
const toReport = (summary: string): Report => ({
  excluded: 0,
  deep: null,
  ...(parse(summary) as Omit<Report, 'excluded' | 'deep'> & Partial<Report>),
});

export function reportReader(db: ReadableDatabase) {
  const byId = db.prepare<[number], { summary: string | null }>('SELECT summary FROM report WHERE id = ?');
  const latest = db.prepare<[string], { id: number; summary: string }>(
    `SELECT r.id, r.summary FROM report r JOIN entity_type t ON t.id = r.entity_type_id
     WHERE t.name = ? AND r.summary IS NOT NULL ORDER BY r.id DESC LIMIT 1`,
  );
  const latestDeep = db
    .prepare<[string], string>(
      `SELECT r.summary FROM report r JOIN entity_type t ON t.id = r.entity_type_id
       WHERE t.name = ? AND json_type(r.summary, '$.deep') = 'object' ORDER BY r.id DESC LIMIT 1`,
    )
    .pluck();
  // The key of a ghost is a label, which may read like the key of an entity.
  const named = db
    .prepare<[number, Uint8Array, number], number>(
      `SELECT 1 FROM drift_item WHERE report_id = ? AND key = ? AND (class = 'ghost') = ? LIMIT 1`,
    )
    .pluck();
  const items = db.prepare<[number, number, number], ItemRow>(
    'SELECT * FROM drift_item WHERE report_id = ? AND number > ? ORDER BY number LIMIT ?',
  );
  const itemsOfClass = db.prepare<[number, string, number, number], ItemRow>(
    'SELECT * FROM drift_item WHERE report_id = ? AND class = ? AND number > ? ORDER BY number LIMIT ?',
  );
  // The index of classes covers this: what is stepped over costs no look at the items themselves.
  const numberAt = db
    .prepare<[number, string, number], number>(
      'SELECT number FROM drift_item WHERE report_id = ? AND class = ? ORDER BY number LIMIT 1 OFFSET ?',
    )
    .pluck();
  const byNumber = db.prepare<[number, string], ItemRow>(
    `SELECT * FROM drift_item WHERE report_id = ? AND number IN (SELECT value FROM json_each(?)) ORDER BY number`,
  );
  const ofKey = db.prepare<[number, Uint8Array], ItemRow>(
    `SELECT * FROM drift_item WHERE report_id = ? AND key = ? AND class <> 'ghost' LIMIT 1`,
  );
  const history = db.prepare<[{ types: string; limit: number }], PastRow>(
    `SELECT json_remove(r.summary, '$.deep', '$.snapshot', '$.notChecked', '$.samples') AS summary
     FROM entity_type t JOIN report r ON r.id IN (
       SELECT id FROM report WHERE entity_type_id = t.id AND summary IS NOT NULL ORDER BY id DESC LIMIT :limit)
     WHERE t.name IN (SELECT value FROM json_each(:types))`,
  );
  const count = db.prepare<[number], number>('SELECT count(*) FROM drift_item WHERE report_id = ?').pluck();
  const page = db.prepare<[number, number, number], StoredDriftItem>(
    'SELECT number, class, key FROM drift_item WHERE report_id = ? AND number > ? ORDER BY number LIMIT ?',
  );
  const numbered = db.prepare<[number, string], StoredDriftItem>(
    `SELECT number, class, key FROM drift_item
     WHERE report_id = ? AND number IN (SELECT value FROM json_each(?)) ORDER BY number`,
  );
  const itemsOf = db.prepare<[number, Uint8Array], StoredDriftItem>(
    'SELECT number, class, key FROM drift_item WHERE report_id = ? AND key = ?',
  );
  const unrepaired = db
    .prepare<[{ earlier: number; later: number; classes: string | null; numbers: string | null }], number>(
      `SELECT count(*) FROM drift_item later JOIN drift_item earlier
         ON earlier.report_id = :earlier AND earlier.key = later.key AND earlier.class = later.class
       WHERE later.report_id = :later AND later.class <> 'failed'
         AND (:classes IS NULL OR earlier.class IN (SELECT value FROM json_each(:classes)))
         AND (:numbers IS NULL OR earlier.number IN (SELECT value FROM json_each(:numbers)))`,
    )
    .pluck();
  /** The number that the items behind the first `offset` ones begin after. */
  function numberBefore(reportId: number, driftClass: DriftClass | null, offset: number): number {
    // Numbers are given without gaps, from 1.
    if (driftClass === null || offset === 0) return offset;
    return numberAt.get(reportId, driftClass, offset - 1) ?? Number.MAX_SAFE_INTEGER;
  }

  const rowsAfter = (
    reportId: number,
    driftClass: DriftClass | null,
    after: number,
    limit: number,
  ): ItemRow[] =>
    driftClass === null
      ? items.all(reportId, after, limit)
      : itemsOfClass.all(reportId, driftClass, after, limit);

  return {
    /** Chosen keys of an earlier report that a later one still names in the same class, dead letters aside. */
    countUnrepaired(earlier: number, later: number, { classes, numbers }: ItemChoice): number {
      const asJson = (list: readonly unknown[] | null): string | null =>
        list === null ? null : JSON.stringify(list);
      return unrepaired.get({ earlier, later, classes: asJson(classes), numbers: asJson(numbers) }) ?? 0;
    },
    /** The items with these numbers, in order, for a repair. */
    numbered(reportId: number, numbers: readonly number[]): StoredDriftItem[] {
      return numbered.all(reportId, JSON.stringify(numbers));
    },
    /** The items of a key: an entity's, and a ghost's whose label reads like it. */
    itemsOf(reportId: number, key: EncodedKey): StoredDriftItem[] {
      return itemsOf.all(reportId, key);
    },
    get(id: number): Report | null {
      const summary = byId.get(id)?.summary ?? null;
      return summary === null ? null : toReport(summary);
    },
    /** The newest finished report of an entity type. */
    latest(entityType: string): { id: number; report: Report } | null {
      const row = latest.get(entityType);
      return row === undefined ? null : { id: row.id, report: toReport(row.summary) };
    },
    /** The newest report of an entity type that looked into the index, too; null where none ever did. */
    latestDeep(entityType: string): Report | null {
      const summary = latestDeep.get(entityType);
      return summary === undefined ? null : toReport(summary);
    },
    /** True when a report names this entity, in whatever class. */
    hasEntity(reportId: number, key: EncodedKey): boolean {
      return named.get(reportId, key, 0) !== undefined;
    },
    /** True when a report names this label of the index as a ghost. */
    hasGhost(reportId: number, key: EncodedKey): boolean {
      return named.get(reportId, key, 1) !== undefined;
    },
    /** Items of a report, of one class or of all, behind the first `offset` of them. */
    items(reportId: number, driftClass: DriftClass | null, limit: number, offset = 0): DriftItem[] {
      return rowsAfter(reportId, driftClass, numberBefore(reportId, driftClass, offset), limit).map(toItem);
    },
    /** Items behind a number, each with its own. */
    itemsAfter(
      reportId: number,
      driftClass: DriftClass | null,
      after: number,
      limit: number,
    ): { readonly number: number; readonly item: DriftItem }[] {
      return rowsAfter(reportId, driftClass, after, limit).map((row) => ({
        number: row.number,
        item: toItem(row),
      }));
    },
    /** The items with these numbers, in order. */
    itemsNumbered(reportId: number, numbers: readonly number[]): DriftItem[] {
      return byNumber.all(reportId, JSON.stringify(numbers)).map(toItem);
    },
    /** What a report says of an entity; null where it does not name it. */
    itemOf(reportId: number, key: EncodedKey): DriftItem | null {
      const row = ofKey.get(reportId, key);
      return row === undefined ? null : toItem(row);
    },
    /** The latest finished reports of each of these types, oldest first. */
    history(entityTypes: readonly string[], limit: number): PastReport[] {
      return history
        .all({ types: JSON.stringify(entityTypes), limit })
        .map(({ summary }) => toPastReport(summary))
        .toSorted((a, b) => Number(a.id) - Number(b.id));
    },
    countItems(reportId: number): number {
      return count.get(reportId) ?? 0;
    },
    /** Items after a number, in order, for a repair that works through them. */
    page(reportId: number, afterNumber: number, limit: number): StoredDriftItem[] {
      return page.all(reportId, afterNumber, limit);
    },
  };
}

export function reportWriter(db: WritableDatabase) {
  const reader = reportReader(db);
  const create = db.prepare<[number, number]>('INSERT INTO report (job_id, entity_type_id) VALUES (?, ?)');
  const insertItem = db.prepare(
    `INSERT INTO drift_item (report_id, number, class, key, reason, text, indexed_text)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const finish = db.prepare<[string, number, number]>(
    'UPDATE report SET summary = ?, finished_at = ? WHERE id = ?',
  );
  const staleItems = db.prepare<[number, number, number]>(
    `DELETE FROM drift_item WHERE rowid IN (
       SELECT d.rowid FROM drift_item d JOIN report r ON r.id = d.report_id
       WHERE r.entity_type_id = ? AND d.report_id < ? LIMIT ?)`,
  );
  return {
    ...reader,
    create(jobId: number, entityTypeId: number): number {
      return Number(create.run(jobId, entityTypeId).lastInsertRowid);
    },
    addItem(reportId: number, number: number, item: DriftItemWrite): void {
      insertItem.run(reportId, number, item.class, item.key, item.reason, item.text, item.indexedText);
    },
    finish(reportId: number, report: Report): void {
      finish.run(stringify(report), report.finishedAt, reportId);
    },
    /** Only the newest report keeps its items; removes up to `limit` of older ones and says how many went. */
    pruneItems(entityTypeId: number, keepFrom: number, limit: number): number {
      return staleItems.run(entityTypeId, keepFrom, limit).changes;
    },
  };
}
export type ReportReader = ReturnType<typeof reportReader>;
export type ReportWriter = ReturnType<typeof reportWriter>;
