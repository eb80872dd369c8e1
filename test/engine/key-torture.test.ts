/** From init to repair over the worst keys and texts that SQLite allows: nothing is lost, merged or shown rounded. */
import type Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from '../../engine/json.ts';
import {
  catalogNumber,
  driftOf,
  expectCountsAddUp,
  expectInSync,
  expectLabelsAgree,
  only,
  validate,
} from '../support/observe.ts';
import { readConfig } from '../support/config-file.ts';
import { makeWorkspace, type TestEngine, type TestWorkspace } from '../support/workspace.ts';

/** SQL literals of a key column's values, and how they are printed. */
interface Keys {
  readonly table: string;
  readonly columns: string;
  /** `(key columns)` literals to external forms, in no order. */
  readonly keys: Readonly<Record<string, string>>;
}

const BIG = '9223372036854775807';
const SMALL = '-9223372036854775808';
const UUID = '0f8fad5bd9cb469fa16570867728950e';

const TORTURE: readonly Keys[] = [
  {
    table: 'composite',
    columns: 'shelf TEXT, number INTEGER, PRIMARY KEY (shelf, number)',
    keys: {
      [`'a', 1`]: '["a",1]',
      [`'a ', 1`]: '["a ",1]',
      [`'A', 1`]: '["A",1]',
      [`'a', ${BIG}`]: `["a",${BIG}]`,
      [`'["a"', -1`]: '["[\\"a\\"",-1]',
      [`'', 0`]: '["",0]',
    },
  },
  {
    table: 'texts',
    columns: 'name TEXT PRIMARY KEY NOT NULL',
    keys: {
      [`'key'`]: 'key',
      [`'Key'`]: 'Key',
      [`'key '`]: 'key ',
      [`'it''s "quoted"'`]: `it's "quoted"`,
      [`'back\\slash'`]: 'back\\slash',
      [`'🦊'`]: '🦊',
      [`'e' || char(769)`]: 'e\u0301',
      [`char(233)`]: '\u00e9',
      [`CAST(X'610062' AS TEXT)`]: 'a\0b',
      [`'a'`]: 'a',
      [`CAST(X'FF61' AS TEXT)`]: '\ufffda',
      [`'7'`]: '7',
      [`''`]: '',
    },
  },
  {
    table: 'integers',
    columns: 'id INTEGER PRIMARY KEY',
    keys: { '-5': '-5', '0': '0', '9007199254740993': '9007199254740993', [BIG]: BIG, [SMALL]: SMALL },
  },
  {
    table: 'uuids',
    columns: 'id BLOB PRIMARY KEY NOT NULL',
    keys: { [`X'${UUID}'`]: UUID, [`X'00'`]: '00', [`X''`]: '', [`'${UUID}'`]: UUID },
  },
  {
    table: 'mixed',
    columns: 'id INT PRIMARY KEY NOT NULL',
    keys: { '7': '7', '7.5': '7.5', [`'seven'`]: 'seven', [`X'37'`]: '37', '37': '37', '-1': '-1' },
  },
  {
    table: '"select from ""where"" 😀"',
    columns: '"order by" TEXT PRIMARY KEY NOT NULL',
    keys: { [`'one'`]: 'one', [`'two'`]: 'two' },
  },
  {
    table: 'keyless rowid',
    columns: 'code TEXT PRIMARY KEY NOT NULL',
    keys: { [`'x'`]: 'x', [`'X'`]: 'X' },
  },
];

const quoted = ({ table }: Keys): string => (table.startsWith('"') ? table : `"${table}"`);
const nameOf = (keys: Keys): string => quoted(keys).slice(1, -1).replaceAll('""', '"');
const textOf = (form: string, i: number): string => `row ${i} about ${JSON.stringify(form)} and the old ship`;

function build(db: Database.Database): void {
  for (const keys of TORTURE) {
    const withoutRowid = keys.table === 'keyless rowid' ? ' WITHOUT ROWID' : '';
    const [columns = '', constraint] = keys.columns.split(', PRIMARY KEY');
    const rest = constraint === undefined ? '' : `, PRIMARY KEY${constraint}`;
    db.exec(`CREATE TABLE ${quoted(keys)} (${columns}, body TEXT${rest})${withoutRowid}`);
    Object.entries(keys.keys).forEach(([literal, form], i) =>
      db.prepare(`INSERT INTO ${quoted(keys)} VALUES (${literal}, ?)`).run(textOf(form, i)),
    );
  }
  db.exec(`CREATE TABLE nullable (name TEXT PRIMARY KEY, body TEXT);
    INSERT INTO nullable VALUES (NULL, 'no key'), (NULL, 'no key either'), ('named', 'a row with a key');
    CREATE TABLE "no key" (name TEXT, body TEXT);
    INSERT INTO "no key" VALUES ('a', 'an apple tree'), ('b', 'a bird');
    CREATE VIEW seen AS SELECT name AS word, body FROM "no key";
    CREATE TABLE empty (id INTEGER PRIMARY KEY, body TEXT);
    CREATE TABLE nulls (id INTEGER PRIMARY KEY, body TEXT, more TEXT);
    INSERT INTO nulls VALUES (1, NULL, NULL), (2, NULL, NULL);`);
}

function buildBig(db: Database.Database): void {
  db.exec(`CREATE TABLE big (id INTEGER PRIMARY KEY, body TEXT);
    INSERT INTO big VALUES (2, 'beside it a small text'), (3, CAST(X'776f7264fffe20776f7264' AS TEXT));`);
  // Five megabytes: paragraphs that repeat, as exports and logs do, and one that does not.
  const paragraph = 'The old ship left the city by night, and nobody on the river saw where it went to. ';
  const text = `${(paragraph.repeat(12) + '\n\n').repeat(5100)}A single needle of platinum.`;
  db.prepare('INSERT INTO big VALUES (1, ?)').run(text);
}

/** A workspace made by `init`, with the tables that it leaves out opted in the way its hints say. */
async function torture(): Promise<TestWorkspace> {
  const workspace = await makeWorkspace(build);
  const engine = workspace.open();
  for (const [name, reason] of [
    ['no key', 'no primary key'],
    ['seen', 'a view has no key'],
  ] as const) {
    await expect(engine.run('index', { entityTypes: [name] })).rejects.toMatchObject({
      code: 'ENTITY_TYPE_NOT_SELECTED',
      message: expect.stringContaining(reason),
      hint: expect.stringContaining('entityTypes'),
      exitCode: 2,
    });
  }
  await engine.close();
  const { entityTypes, model, ...rest } = readConfig(workspace.folder);
  workspace.configure({
    ...rest,
    model,
    entityTypes: {
      ...entityTypes,
      'no key': { key: ['name'], template: '{{body}}' },
      seen: { key: ['word'], template: '{{body}}' },
      empty: { key: ['id'], template: '{{body}}' },
      nulls: { key: ['id'], template: '{{body}}\n{{more}}' },
    },
  });
  return workspace;
}

const sorted = (keys: Iterable<string>): string[] => [...keys].toSorted();

async function allDrift(engine: TestEngine): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(engine.engine.config.entityTypes)) {
    await validate(engine, name);
    const drift = await driftOf(engine, name);
    if (Object.keys(drift).length > 0) found[name] = drift;
  }
  return found;
}

describe('key torture', () => {
  test('init, index, validate, mutate, validate, fix-drift, validate', async () => {
    const workspace = await torture();
    const engine = workspace.open();
    const { entityTypes } = await engine.run('discover');
    expect(entityTypes.filter((type) => !type.selected)).toEqual([]);

    const { jobs } = await engine.run('index');
    expect(sorted(jobs.filter((job) => job.state !== 'completed').map((job) => job.entityType))).toEqual([
      'nullable',
    ]);
    jobs.forEach(expectCountsAddUp);
    // Nothing but the rows without a key is left out, and every key is in the catalog as it is in the source.
    expect(await allDrift(engine)).toEqual({ nullable: { failed: ['null', 'null'] } });
    for (const keys of TORTURE) {
      const name = nameOf(keys);
      const { hits } = await engine.run('search', {
        entityType: name,
        query: 'old ship',
        mode: 'text',
        k: 100,
      });
      expect(sorted(hits.map((hit) => hit.key))).toEqual(sorted(Object.values(keys.keys)));
      await expectLabelsAgree(engine, name);
    }

    // One row of each table changes, one goes, one comes, two swap their texts.
    const expected: Record<string, unknown> = { nullable: { failed: ['null', 'null'] } };
    workspace.change((db) => {
      for (const keys of TORTURE) {
        const [first, second, third, fourth] = Object.entries(keys.keys);
        const where = (literal: string): string => {
          const columns = keys.columns.startsWith('shelf') ? '(shelf, number)' : quoteKey(keys);
          return `${columns} = (${literal})`;
        };
        const table = quoted(keys);
        db.exec(`UPDATE ${table} SET body = 'changed behind the back' WHERE ${where(first?.[0] ?? '')}`);
        db.exec(`DELETE FROM ${table} WHERE ${where(second?.[0] ?? '')}`);
        const drift: Record<string, string[]> = { stale: [first?.[1] ?? ''], orphaned: [second?.[1] ?? ''] };
        if (third !== undefined && fourth !== undefined) {
          const body = db
            .prepare<[], string>(`SELECT body FROM ${table} WHERE ${where(third[0])}`)
            .pluck()
            .get();
          db.exec(
            `UPDATE ${table} SET body = (SELECT body FROM ${table} WHERE ${where(fourth[0])}) WHERE ${where(third[0])}`,
          );
          db.prepare(`UPDATE ${table} SET body = ? WHERE ${where(fourth[0])}`).run(body);
          drift['stale']?.push(third[1], fourth[1]);
        }
        expected[nameOf(keys)] = drift;
      }
      db.exec(`UPDATE "no key" SET body = 'a blue bird' WHERE name = 'b'`);
      db.exec(`INSERT INTO empty VALUES (${BIG}, 'no longer empty')`);
      expected['no key'] = { stale: ['b'] };
      expected['seen'] = { stale: ['b'] };
      expected['empty'] = { missing: [BIG] };
    });
    const drift = await allDrift(engine);
    const inOrder = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value), (_name, item: unknown) =>
        Array.isArray(item) ? sorted(item as string[]) : item,
      );
    expect(inOrder(drift)).toEqual(inOrder(expected));

    const repaired = await engine.run('fixDrift', { maxDeletePercent: 60 });
    expect(repaired.jobs.filter((job) => job.state === 'failed')).toEqual([]);
    expect(await allDrift(engine)).toEqual({ nullable: { failed: ['null', 'null'] } });
    for (const keys of TORTURE) await expectInSync(engine, nameOf(keys));
    expect(catalogNumber(workspace.folder, 'SELECT count(*) FROM dead_letter')).toBe(2);
  });

  test('64-bit keys keep every digit, in lists, in reports and in JSON', async () => {
    const workspace = await makeWorkspace((db) => {
      db.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)');
      for (const id of [BIG, SMALL, '9007199254740993', '-5'])
        db.exec(`INSERT INTO note VALUES (${id}, 'number ${id}')`);
    });
    const engine = workspace.open();
    const report = await validate(engine);
    const { items } = await engine.run('drift', { entityType: 'note' });
    expect(sorted(items.map((item) => item.key))).toEqual(sorted([BIG, SMALL, '9007199254740993', '-5']));
    for (const item of [...items, ...(report.samples.missing ?? [])]) {
      const json = stringify(item);
      expect(json).toContain(`"keyValues":[${item.key}]`);
      expect(stringify(parse(json))).toBe(json);
    }
    await engine.run('index', { entityTypes: ['note'], keys: [BIG, SMALL] });
    const { hits } = await engine.run('search', { entityType: 'note', query: 'number', mode: 'text' });
    expect(sorted(hits.map((hit) => stringify(hit.keyValues)))).toEqual(sorted([`[${BIG}]`, `[${SMALL}]`]));
  });

  test('five megabytes in one cell, invalid UTF-8 beside it: every part is found, and a change re-embeds only what changed', async () => {
    const workspace = await makeWorkspace(buildBig);
    const engine = workspace.open();
    const job = only((await engine.run('index', { entityTypes: ['big'] })).jobs);
    expect(job).toMatchObject({ state: 'completed', processed: 3, failed: 0 });
    const chunks = catalogNumber(workspace.folder, 'SELECT count(*) FROM chunk');
    expect(chunks).toBeGreaterThan(1000);
    const labels = await expectLabelsAgree(engine, 'big');
    expect(labels).toBeLessThan(chunks / 10);
    const { hits } = await engine.run('search', { entityType: 'big', query: 'needle of platinum', k: 3 });
    expect(hits[0]?.key).toBe('1');
    expect(hits[0]?.excerpt).toContain('platinum');
    workspace.change((db) => db.exec(`UPDATE big SET body = body || ' And gold.' WHERE id = 1`));
    expect(only((await engine.run('index', { entityTypes: ['big'] })).jobs)).toMatchObject({
      embedded: 1,
      unchanged: 2,
    });
    expect(Math.abs((await expectLabelsAgree(engine, 'big')) - labels)).toBeLessThan(5);
    await expectInSync(engine, 'big');
  });
});

/** The key column as an expression that compares like the key itself. */
function quoteKey(keys: Keys): string {
  const name = /^("(?:[^"]|"")+"|\w+)/.exec(keys.columns)?.[1] ?? '';
  return name;
}
