/**
 * The catalog's schema as numbered steps; `PRAGMA user_version` says which have been taken. A step that was released is
 * never edited: a change is a further step, tested from the one before.
 */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** How the full-text index cuts and stems words. */
export const TOKENIZER = 'porter unicode61 remove_diacritics 2';

const initial = `
CREATE TABLE entity_type (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- One row per vector space. The fingerprint covers everything that changes vectors.
CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  dimensions INTEGER NOT NULL,
  definition TEXT NOT NULL
) STRICT;

CREATE TABLE recipe (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE,
  model_id INTEGER NOT NULL REFERENCES model(id),
  definition TEXT NOT NULL
) STRICT;

-- The vectors of one entity type in one vector space. Searches use the serving one.
CREATE TABLE generation (
  id INTEGER PRIMARY KEY,
  entity_type_id INTEGER NOT NULL REFERENCES entity_type(id),
  number INTEGER NOT NULL,
  model_id INTEGER NOT NULL REFERENCES model(id),
  state TEXT NOT NULL CHECK (state IN ('building', 'serving', 'retired')),
  m INTEGER NOT NULL,
  ef_construction INTEGER NOT NULL,
  next_label INTEGER NOT NULL DEFAULT 0 CHECK (next_label BETWEEN 0 AND 4294967295),
  last_sequence INTEGER NOT NULL DEFAULT 0,
  -- A hint for deciding when to write the next snapshot; the manifest on disk is the truth.
  snapshot_sequence INTEGER NOT NULL DEFAULT 0,
  entities INTEGER NOT NULL DEFAULT 0,
  labels INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  switched_at INTEGER,
  UNIQUE (entity_type_id, number)
) STRICT;
CREATE UNIQUE INDEX generation_serving ON generation (entity_type_id) WHERE state = 'serving';
CREATE UNIQUE INDEX generation_building ON generation (entity_type_id) WHERE state = 'building';

CREATE TABLE job (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  entity_type_id INTEGER NOT NULL REFERENCES entity_type(id),
  state TEXT NOT NULL,
  recipe_id INTEGER REFERENCES recipe(id),
  generation_id INTEGER REFERENCES generation(id),
  options TEXT NOT NULL DEFAULT '{}',
  source_identity TEXT,
  -- What a job of several passes is at: validating, repairing, verifying.
  phase TEXT,
  -- Encoded key (index) or item number (repair) up to which all effects are committed.
  checkpoint BLOB,
  total INTEGER,
  processed INTEGER NOT NULL DEFAULT 0,
  embedded INTEGER NOT NULL DEFAULT 0,
  reused INTEGER NOT NULL DEFAULT 0,
  unchanged INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  duration_ms INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  report_id INTEGER REFERENCES report(id) ON DELETE SET NULL
) STRICT;
CREATE INDEX job_type ON job (entity_type_id, id);
CREATE INDEX job_unfinished ON job (state) WHERE state IN ('queued', 'running', 'paused', 'interrupted');
CREATE INDEX job_report ON job (report_id) WHERE report_id IS NOT NULL;

CREATE TABLE entity (
  id INTEGER PRIMARY KEY,
  generation_id INTEGER NOT NULL REFERENCES generation(id),
  key BLOB NOT NULL,
  recipe_id INTEGER NOT NULL REFERENCES recipe(id),
  text_hash BLOB NOT NULL,
  source_checksum BLOB NOT NULL,
  document TEXT NOT NULL,
  -- The job that wrote it last, and when.
  job_id INTEGER NOT NULL REFERENCES job(id),
  written_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX entity_key ON entity (generation_id, key);

CREATE VIRTUAL TABLE document_fts USING fts5 (
  document, content = 'entity', content_rowid = 'id', tokenize = '${TOKENIZER}'
);

-- One row per distinct text in a vector space: f16 bits, little endian, with their CRC-32.
CREATE TABLE embedding (
  id INTEGER PRIMARY KEY,
  model_id INTEGER NOT NULL REFERENCES model(id),
  text_hash BLOB NOT NULL,
  vector BLOB NOT NULL,
  crc INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX embedding_text ON embedding (model_id, text_hash);

-- What the HNSW graph of a generation must hold. A label is never given twice.
CREATE TABLE label (
  generation_id INTEGER NOT NULL REFERENCES generation(id),
  label INTEGER NOT NULL,
  embedding_id INTEGER NOT NULL REFERENCES embedding(id),
  PRIMARY KEY (generation_id, label)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX label_embedding ON label (embedding_id, generation_id);

CREATE TABLE chunk (
  entity_id INTEGER NOT NULL REFERENCES entity(id),
  ordinal INTEGER NOT NULL,
  generation_id INTEGER NOT NULL,
  label INTEGER NOT NULL,
  -- UTF-16 offsets in the document, [start, end).
  start_offset INTEGER NOT NULL,
  end_offset INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  PRIMARY KEY (entity_id, ordinal),
  FOREIGN KEY (generation_id, label) REFERENCES label (generation_id, label)
) STRICT, WITHOUT ROWID;
CREATE INDEX chunk_label ON chunk (generation_id, label);

-- The op log of each generation's graph, pruned up to the newest snapshot.
CREATE TABLE op (
  generation_id INTEGER NOT NULL REFERENCES generation(id),
  sequence INTEGER NOT NULL,
  is_add INTEGER NOT NULL CHECK (is_add IN (0, 1)),
  label INTEGER NOT NULL,
  PRIMARY KEY (generation_id, sequence)
) STRICT, WITHOUT ROWID;

-- One row per commit that appended operations: the nonce ties a snapshot to this very history.
CREATE TABLE op_commit (
  generation_id INTEGER NOT NULL REFERENCES generation(id),
  sequence INTEGER NOT NULL,
  nonce TEXT NOT NULL,
  PRIMARY KEY (generation_id, sequence)
) STRICT, WITHOUT ROWID;

-- The state of an entity before a job first touched it; recipe_id NULL means that it did not exist.
CREATE TABLE undo (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL REFERENCES job(id),
  generation_id INTEGER NOT NULL REFERENCES generation(id),
  key BLOB NOT NULL,
  recipe_id INTEGER REFERENCES recipe(id),
  text_hash BLOB,
  source_checksum BLOB,
  document TEXT,
  written_by INTEGER,
  written_at INTEGER
) STRICT;
CREATE UNIQUE INDEX undo_key ON undo (job_id, generation_id, key);

-- Its chunks then. The reference keeps their embeddings from being pruned.
CREATE TABLE undo_chunk (
  undo_id INTEGER NOT NULL REFERENCES undo(id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  embedding_id INTEGER NOT NULL REFERENCES embedding(id),
  start_offset INTEGER NOT NULL,
  end_offset INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  PRIMARY KEY (undo_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX undo_chunk_embedding ON undo_chunk (embedding_id);

-- occurrence tells rows with the same NULL key apart; it is 0 for every key that can be addressed.
CREATE TABLE dead_letter (
  id INTEGER PRIMARY KEY,
  entity_type_id INTEGER NOT NULL REFERENCES entity_type(id),
  key BLOB NOT NULL,
  occurrence INTEGER NOT NULL DEFAULT 0,
  stage TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  text TEXT,
  job_id INTEGER NOT NULL REFERENCES job(id),
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  UNIQUE (entity_type_id, key, occurrence)
) STRICT;

CREATE TABLE report (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id INTEGER NOT NULL REFERENCES job(id),
  entity_type_id INTEGER NOT NULL REFERENCES entity_type(id),
  -- NULL while the validation runs: an unfinished report is never shown.
  summary TEXT,
  finished_at INTEGER
) STRICT;
CREATE INDEX report_type ON report (entity_type_id, id);

CREATE TABLE drift_item (
  report_id INTEGER NOT NULL REFERENCES report(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  class TEXT NOT NULL,
  key BLOB NOT NULL,
  reason TEXT NOT NULL,
  text TEXT,
  indexed_text TEXT,
  PRIMARY KEY (report_id, number)
) STRICT;
CREATE INDEX drift_item_class ON drift_item (report_id, class, number);
CREATE INDEX drift_item_key ON drift_item (report_id, key);
`;

const reversible = `
-- The generation that served before this job switched to another: what its rollback switches back to.
ALTER TABLE job ADD COLUMN previous_generation_id INTEGER REFERENCES generation(id);
-- When its undo records were pruned; NULL while it can be rolled back.
ALTER TABLE job ADD COLUMN undo_pruned_at INTEGER;

-- A retired generation whose content is being deleted, or is gone: it cannot serve again. Its row stays, for history.
ALTER TABLE generation ADD COLUMN prune_started_at INTEGER;
ALTER TABLE generation ADD COLUMN pruned_at INTEGER;

-- Set aside by a person: not tried again and not counted as failed.
ALTER TABLE dead_letter ADD COLUMN excluded_at INTEGER;
ALTER TABLE dead_letter ADD COLUMN excluded_reason TEXT;

-- Finds the jobs that touched an entity later.
CREATE INDEX undo_entity ON undo (generation_id, key);
`;

const jobEvents = `
-- What a job went through: each change of its state, by which process, and the error that came with it.
CREATE TABLE job_event (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL REFERENCES job(id),
  at INTEGER NOT NULL,
  state TEXT NOT NULL,
  pid INTEGER NOT NULL,
  error TEXT
) STRICT;
CREATE INDEX job_event_job ON job_event (job_id, id);
`;

const letterCauses = `
-- Lists and counts dead letters without their texts, which fill a page of the table each.
CREATE INDEX dead_letter_cause ON dead_letter (entity_type_id, stage, code, job_id, excluded_at);
`;

export const migrations: readonly Migration[] = [
  { number: 1, name: 'initial', sql: initial },
  { number: 2, name: 'reversible', sql: reversible },
  { number: 3, name: 'job-events', sql: jobEvents },
  { number: 4, name: 'letter-causes', sql: letterCauses },
];
