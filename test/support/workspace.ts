/** A real workspace in a temporary folder: a SQLite source, a configuration, and the engine over real threads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { stringify } from 'yaml';
import { expect, onTestFinished } from 'vitest';
import { openCatalogForWriting } from '../../engine/catalog/catalog.ts';
import type { OperationName, Output, ProgressEvent } from '../../engine/contract.ts';
import { operations } from '../../engine/contract.ts';
import { dispatch } from '../../engine/doors/dispatch.ts';
import { Engine } from '../../engine/engine.ts';
import { initWorkspace } from '../../engine/operations/init.ts';
import { workerUrls } from '../../workers/urls.ts';

export const builtinModel = fileURLToPath(new URL('../../models/builtin/', import.meta.url));

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
  readonly onNotice?: (line: string) => void;
}

export interface TestWorkspace {
  readonly folder: string;
  readonly sourcePath: string;
  /** Changes the source over a connection of its own. */
  change(work: (db: Database.Database) => void): void;
  /** Opens the engine, runs one operation, closes it: what one call of the command line does. */
  run<N extends OperationName>(name: N, input?: unknown, options?: RunOptions): Promise<Output<N>>;
  /** Replaces `plumbline.yaml` by this configuration (`version` and `source` are filled in). */
  configure(config: Record<string, unknown>): void;
}

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Makes a source with `build`, initialises a workspace for it and, when the test ends, checks that the catalog is sound.
 */
export async function makeWorkspace(build: (db: Database.Database) => void): Promise<TestWorkspace> {
  const folder = temporaryFolder();
  const sourcePath = join(folder, 'source.sqlite');
  const change = (work: (db: Database.Database) => void): void => {
    const db = new Database(sourcePath);
    try {
      work(db);
    } finally {
      db.close();
    }
  };
  change(build);
  await initWorkspace({ folder, source: sourcePath, name: 'source' }, workerUrls);
  onTestFinished(() => expectSoundCatalog(folder));
  return {
    folder,
    sourcePath,
    change,
    run: (name, input = {}, options = {}) => runOperation(folder, name, input, options),
    configure(config) {
      const source = { kind: 'sqlite', name: 'source', path: 'source.sqlite' };
      writeFileSync(join(folder, 'plumbline.yaml'), stringify({ version: 1, source, ...config }));
    },
  };
}

async function runOperation<N extends OperationName>(
  folder: string,
  name: N,
  input: unknown,
  options: RunOptions,
): Promise<Output<N>> {
  const engine = new Engine({
    folder,
    workers: workerUrls,
    builtinModel,
    access: operations[name].writes ? 'write' : 'read',
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...(options.onNotice === undefined ? {} : { onNotice: options.onNotice }),
  });
  try {
    return await dispatch(engine, name, input, options.signal ?? new AbortController().signal);
  } finally {
    await engine.close();
  }
}

/** `integrity_check`, `foreign_key_check` and the full-text index's own check. */
export function expectSoundCatalog(folder: string): void {
  const catalog = openCatalogForWriting(join(folder, '.plumbline', 'catalog.db'));
  try {
    expect(catalog.integrityProblems()).toEqual([]);
  } finally {
    catalog.close();
  }
}
