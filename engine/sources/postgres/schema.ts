/** What tables there are and how their rows can be addressed, from PostgreSQL's catalogs. */
import type { RawRow, ServerConnection } from '../server/connection.ts';
import type { OrderTerm, ServerColumn, ServerKey, ServerTable } from '../server/table.ts';
import { codecOf } from './codecs.ts';
import { quote } from './sql.ts';

/** A table or view, and whether this user may read it. */
export interface Relation {
  /** As entity types are called: with its schema unless that is the default one. */
  readonly name: string;
  readonly schema: string;
  readonly oid: string;
  readonly kind: 'table' | 'view';
  readonly keyless: string;
  /** True where unique indexes hold for all rows: not for a table that others inherit from. */
  readonly isWhole: boolean;
  /** True where rows lie in pages of its own, so that a sample of pages can be taken. */
  readonly isStored: boolean;
  readonly readable: boolean;
  /** Quoted, with its schema. */
  readonly from: string;
}

const DEFAULT_SCHEMA = 'public';

const KEYLESS: Readonly<Record<string, string>> = {
  v: 'a view has no key of its own',
  m: 'a materialized view declares no key',
  f: 'a foreign table declares no key',
};
const NO_KEY = 'no primary key and no unique NOT NULL columns';

/** Tables, then views, by name: without the server's own, partitions (their parent has their rows) and what extensions keep. */
export async function listRelations(
  connection: ServerConnection,
  schemas: readonly string[] | undefined,
): Promise<Relation[]> {
  const rows = await connection.all(
    `SELECT c.oid, n.nspname, c.relname, c.relkind,
       EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid),
       has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT')
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'USAGE')
       AND ($1::text[] IS NULL OR n.nspname::text = ANY ($1::text[]))
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     ORDER BY c.relkind IN ('v', 'm'), n.nspname COLLATE "C", c.relname COLLATE "C"`,
    [schemas ?? null],
  );
  const home = schemas?.length === 1 ? schemas[0] : DEFAULT_SCHEMA;
  const relations = rows.map((row) => toRelation(row, home));
  // A name with a dot may look like another's with its schema: then both have theirs.
  const taken = new Map<string, number>();
  for (const { name } of relations) taken.set(name, (taken.get(name) ?? 0) + 1);
  return relations.map((relation) =>
    relation.schema === home && (taken.get(relation.name) ?? 0) > 1
      ? { ...relation, name: `${relation.schema}.${relation.name}` }
      : relation,
  );
}

function toRelation(row: RawRow, home: string | undefined): Relation {
  const [oid, schema, table, kind, hasChildren, readable] = row.map(String);
  const name = `${table}`;
  return {
    name: schema === home ? name : `${schema}.${name}`,
    schema: `${schema}`,
    oid: `${oid}`,
    kind: kind === 'v' || kind === 'm' ? 'view' : 'table',
    keyless: KEYLESS[`${kind}`] ?? NO_KEY,
    isWhole: kind !== 'r' || hasChildren === 'f',
    isStored: kind === 'r' || kind === 'm' || kind === 'p',
    readable: readable === 't',
    from: `${quote(`${schema}`)}.${quote(name)}`,
  };
}

export async function readTable(connection: ServerConnection, relation: Relation): Promise<ServerTable> {
  const columns = await readColumns(connection, relation);
  const keys = relation.isWhole ? await readKeys(connection, relation, columns) : [];
  const { name, kind, keyless, from } = relation;
  return { name, kind, keyless, from, columns, keys };
}

async function readColumns(connection: ServerConnection, { oid }: Relation): Promise<ServerColumn[]> {
  const rows = await connection.all(
    `SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
       CASE WHEN n.nspname = 'pg_catalog' THEN t.typname END, format_type(t.oid, -1),
       t.typelem <> 0 AND t.typlen = -1 AND t.typcategory = 'A'
     FROM pg_catalog.pg_attribute a
     CROSS JOIN LATERAL (
       WITH RECURSIVE chain AS (
         SELECT t.oid, t.typtype, t.typbasetype FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid
         UNION ALL
         SELECT t.oid, t.typtype, t.typbasetype FROM chain JOIN pg_catalog.pg_type t ON t.oid = chain.typbasetype
         WHERE chain.typtype = 'd')
       SELECT oid FROM chain WHERE typtype <> 'd') AS base
     JOIN pg_catalog.pg_type t ON t.oid = base.oid
     JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
     WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attnum`,
    [oid],
  );
  return rows.map(([name, declared, notNull, readable, builtIn, sql, isArray]) => ({
    name: String(name),
    declaredType: String(declared),
    judgedType: String(sql),
    nullable: notNull !== 't',
    readable: readable === 't',
    codec: codecOf(String(name), { name: String(builtIn ?? ''), sql: String(sql), isArray: isArray === 't' }),
  }));
}

/** Bits of an index column's `indoption`. */
const DESCENDING = 1;
const NULLS_FIRST = 2;

/**
 * Unique B-trees over plain columns and all rows. The comparison operators are those of the index's own operator class, with
 * their schema: `=` of a citext column is found through the search path otherwise, or not at all.
 */
async function readKeys(
  connection: ServerConnection,
  { oid, from }: Relation,
  columns: readonly ServerColumn[],
): Promise<ServerKey[]> {
  const operator = (strategy: number) =>
    `(SELECT pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname)
      FROM pg_catalog.pg_amop p JOIN pg_catalog.pg_operator o ON o.oid = p.amopopr
      JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
      WHERE p.amopfamily = oc.opcfamily AND p.amoplefttype = oc.opcintype AND p.amoprighttype = oc.opcintype
        AND p.amopstrategy = ${strategy})`;
  const rows = await connection.all(
    `SELECT i.indexrelid, i.indisprimary, a.attname, i.indoption[k.at],
       (SELECT pg_catalog.format('%I.%I', n.nspname, co.collname) FROM pg_catalog.pg_collation co
        JOIN pg_catalog.pg_namespace n ON n.oid = co.collnamespace WHERE co.oid = i.indcollation[k.at]),
       ${operator(1)}, ${operator(3)}, ${operator(5)}
     FROM pg_catalog.pg_index i
     JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
     JOIN pg_catalog.pg_am am ON am.oid = ic.relam AND am.amname = 'btree'
     CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) AS k (at)
     JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[k.at]
     LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.at] AND a.attnum > 0
     WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
     ORDER BY NOT i.indisprimary, i.indnkeyatts, i.indexrelid, k.at`,
    [oid],
  );
  const keys = [...Map.groupBy(rows, ([index]) => index).values()].map((parts) =>
    toKey(parts, columns, from),
  );
  return keys.filter((key) => key !== null);
}

/** Null for an index on an expression: its value is no column's. */
function toKey(parts: readonly RawRow[], columns: readonly ServerColumn[], from: string): ServerKey | null {
  const terms: OrderTerm[] = [];
  for (const [, , name, option, collation, less, equals, greater] of parts) {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined || less === null || equals === null || greater === null) return null;
    const isDescending = (Number(option) & DESCENDING) !== 0;
    const nulls = (Number(option) & NULLS_FIRST) !== 0 ? 'NULLS FIRST' : 'NULLS LAST';
    terms.push({
      column,
      // With its table: in ORDER BY a bare name is that of a result column, which is the value as text.
      expression: `${from}.${quote(column.name)}${collation === null ? '' : ` COLLATE ${collation}`}`,
      after: String(isDescending ? less : greater),
      equals: String(equals),
      direction: `USING ${isDescending ? greater : less} ${nulls}`,
    });
  }
  const primary = parts[0]?.[1] === 't';
  const nullable = terms.some(({ column }) => column.nullable);
  return { primary, nullable, terms, from, isOrdered: true };
}
