/** Entity types, models, recipes and generations: the slow-changing rows that everything else refers to. */
import type { GraphParameters } from '../graph.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

export interface Generation {
  readonly id: number;
  readonly entityTypeId: number;
  readonly number: number;
  readonly modelId: number;
  readonly modelFingerprint: string;
  readonly dimensions: number;
  readonly state: 'building' | 'serving' | 'retired';
  readonly parameters: GraphParameters;
  /** One above the highest label ever given. */
  readonly nextLabel: number;
  /** Sequence of the newest operation in its op log. */
  readonly lastSequence: number;
  readonly snapshotSequence: number;
  /** Entities in it. */
  readonly entities: number;
  /** Labels that its graph must hold. */
  readonly labels: number;
  /** When it became the serving one; Unix time in milliseconds. */
  readonly switchedAt: number | null;
  /** Its content is being deleted, or gone: it cannot serve again. */
  readonly isPruned: boolean;
}

interface GenerationRow {
  id: number;
  entity_type_id: number;
  number: number;
  model_id: number;
  fingerprint: string;
  dimensions: number;
  state: Generation['state'];
  m: number;
  ef_construction: number;
  next_label: number;
  last_sequence: number;
  snapshot_sequence: number;
  entities: number;
  labels: number;
  switched_at: number | null;
  prune_started_at: number | null;
}

interface RecipeRow {
  fingerprint: string;
  definition: string;
  name: string;
  model: string;
  dimensions: number;
}

/** A recipe and its model as they were registered. */
export interface StoredRecipe {
  readonly fingerprint: string;
  /** JSON of a `RecipeDefinition`. */
  readonly definition: string;
  readonly model: { readonly name: string; readonly fingerprint: string; readonly dimensions: number };
}

const toGeneration = (row: GenerationRow): Generation => ({
  id: row.id,
  entityTypeId: row.entity_type_id,
  number: row.number,
  modelId: row.model_id,
  modelFingerprint: row.fingerprint,
  dimensions: row.dimensions,
  state: row.state,
  parameters: { m: row.m, efConstruction: row.ef_construction },
  nextLabel: row.next_label,
  lastSequence: row.last_sequence,
  snapshotSequence: row.snapshot_sequence,
  entities: row.entities,
  labels: row.labels,
  switchedAt: row.switched_at,
  isPruned: row.prune_started_at !== null,
});

const SELECT = `SELECT g.*, m.fingerprint, m.dimensions FROM generation g JOIN model m ON m.id = g.model_id`;

/** Reads; usable beside a writer. */
export function generationReader(db: ReadableDatabase) {
  const byId = db.prepare<[number], GenerationRow>(`${SELECT} WHERE g.id = ?`);
  const byState = db.prepare<[number, string], GenerationRow>(
    `${SELECT} WHERE g.entity_type_id = ? AND g.state = ?`,
  );
  const typeId = db.prepare<[string], { id: number }>('SELECT id FROM entity_type WHERE name = ?');
  const modelId = db.prepare<[string], { id: number }>('SELECT id FROM model WHERE fingerprint = ?');
  const recipeId = db.prepare<[string], { id: number }>('SELECT id FROM recipe WHERE fingerprint = ?');
  const recipe = db.prepare<[number], RecipeRow>(
    `SELECT r.fingerprint, r.definition, m.name, m.fingerprint AS model, m.dimensions
     FROM recipe r JOIN model m ON m.id = r.model_id WHERE r.id = ?`,
  );
  const modelDefinition = db.prepare<[number], string>('SELECT definition FROM model WHERE id = ?').pluck();
  const missing = db.prepare<
    [{ generation: number; other: number; after: Uint8Array; limit: number }],
    { missing: number; last: Buffer | null }
  >(
    `WITH page AS MATERIALIZED (SELECT key FROM entity WHERE generation_id = :generation AND key > :after ORDER BY key LIMIT :limit)
     SELECT max(key) AS last, count(*) FILTER (WHERE NOT EXISTS
       (SELECT 1 FROM entity o WHERE o.generation_id = :other AND o.key = page.key)) AS missing FROM page`,
  );
  const averageDocument = db
    .prepare<[number, number], number | null>(
      `SELECT avg(length(CAST(document AS BLOB))) FROM (SELECT document FROM entity WHERE generation_id = ? LIMIT ?)`,
    )
    .pluck();
  return {
    /** @throws RangeError where there is no such recipe. */
    recipe(id: number): StoredRecipe {
      const row = recipe.get(id);
      if (row === undefined) throw new RangeError(`recipe ${id} is gone`);
      const { fingerprint, definition, name, model, dimensions } = row;
      return { fingerprint, definition, model: { name, fingerprint: model, dimensions } };
    },
    /** Mean size of a document in bytes of UTF-8, over the first `sample` ones; 0 where there are none. */
    averageDocumentBytes(generationId: number, sample: number): number {
      return averageDocument.get(generationId, sample) ?? 0;
    },
    /** Entities of one generation that another one does not have, of up to `limit` behind a key; `last` null at the end. */
    countMissing(
      generation: number,
      other: number,
      after: Uint8Array,
      limit: number,
    ): { readonly missing: number; readonly last: Buffer | null } {
      return missing.get({ generation, other, after, limit }) ?? { missing: 0, last: null };
    },
    /** The entity type's id, null where nothing was ever done with it. */
    typeId(name: string): number | null {
      return typeId.get(name)?.id ?? null;
    },
    get(id: number): Generation {
      const row = byId.get(id);
      if (row === undefined) throw new RangeError(`no generation ${id}`);
      return toGeneration(row);
    },
    /** The generation that searches use, null before the first index job. */
    serving(entityTypeId: number): Generation | null {
      const row = byState.get(entityTypeId, 'serving');
      return row === undefined ? null : toGeneration(row);
    },
    building(entityTypeId: number): Generation | null {
      const row = byState.get(entityTypeId, 'building');
      return row === undefined ? null : toGeneration(row);
    },
    /** The vector space's id, null where nothing was ever embedded in it. */
    modelId(fingerprint: string): number | null {
      return modelId.get(fingerprint)?.id ?? null;
    },
    /** The recipe's id, null where it was never used. */
    recipeId(fingerprint: string): number | null {
      return recipeId.get(fingerprint)?.id ?? null;
    },
    /** The model's definition as it was stored with its latest use: JSON of a `ModelIdentity`. */
    modelDefinition(modelId: number): string {
      return modelDefinition.get(modelId) ?? '{}';
    },
  };
}

/** Writes; call inside a transaction where several belong together. */
export function generationWriter(db: WritableDatabase) {
  const reader = generationReader(db);
  const upsertType = db.prepare<[string]>('INSERT INTO entity_type (name) VALUES (?) ON CONFLICT DO NOTHING');
  const upsertModel = db.prepare<[string, string, number, string]>(
    // The same model may have moved: searches find it by the name and folder it had last.
    `INSERT INTO model (fingerprint, name, dimensions, definition) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET name = excluded.name, definition = excluded.definition
       WHERE name <> excluded.name OR definition <> excluded.definition`,
  );
  const upsertRecipe = db.prepare<[string, number, string]>(
    'INSERT INTO recipe (fingerprint, model_id, definition) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const insert = db.prepare<[number, number, number, string, number, number, number]>(
    `INSERT INTO generation (entity_type_id, number, model_id, state, m, ef_construction, created_at)
     VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM generation WHERE entity_type_id = ?), ?, ?, ?, ?, ?)`,
  );
  const setState = db.prepare<[string, number | null, number]>(
    'UPDATE generation SET state = ?, switched_at = coalesce(?, switched_at) WHERE id = ?',
  );
  const setSnapshot = db.prepare<[number, number]>(
    'UPDATE generation SET snapshot_sequence = ? WHERE id = ?',
  );
  return {
    ...reader,
    ensureType(name: string): number {
      upsertType.run(name);
      return reader.typeId(name) ?? 0;
    },
    ensureModel(model: {
      fingerprint: string;
      name: string;
      dimensions: number;
      definition: string;
    }): number {
      upsertModel.run(model.fingerprint, model.name, model.dimensions, model.definition);
      return reader.modelId(model.fingerprint) ?? 0;
    },
    ensureRecipe(recipe: { fingerprint: string; modelId: number; definition: string }): number {
      upsertRecipe.run(recipe.fingerprint, recipe.modelId, recipe.definition);
      return reader.recipeId(recipe.fingerprint) ?? 0;
    },
    create(
      entityTypeId: number,
      model: number,
      state: 'building' | 'serving',
      graph: GraphParameters,
    ): Generation {
      const { lastInsertRowid } = insert.run(
        entityTypeId,
        entityTypeId,
        model,
        state,
        graph.m,
        graph.efConstruction,
        Date.now(),
      );
      return reader.get(Number(lastInsertRowid));
    },
    /** Makes a generation the serving one and retires the present one, in one transaction. */
    switchTo(id: number): void {
      const next = reader.get(id);
      const present = reader.serving(next.entityTypeId);
      if (present?.id === id) return;
      if (present !== null) setState.run('retired', null, present.id);
      setState.run('serving', Date.now(), id);
    },
    retire(id: number): void {
      setState.run('retired', null, id);
    },
    noteSnapshot(id: number, sequence: number): void {
      setSnapshot.run(sequence, id);
    },
  };
}
export type GenerationReader = ReturnType<typeof generationReader>;
export type GenerationWriter = ReturnType<typeof generationWriter>;
