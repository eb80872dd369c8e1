/** A real workspace in a temporary folder: a SQLite source, a configuration, and the engine over real threads. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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

/** An engine that stays open over several operations: what a server does. */
export interface TestEngine {
  readonly engine: Engine;
  run<N extends OperationName>(name: N, input?: unknown, options?: RunOptions): Promise<Output<N>>;
  /** Happens by itself when the test ends. May be repeated. */
  close(): Promise<void>;
}

export interface TestWorkspace {
  readonly folder: string;
  readonly sourcePath: string;
  /** Changes the source over a connection of its own. */
  change(work: (db: Database.Database) => void): void;
  /** Opens the engine, runs one operation, closes it: what one call of the command line does. */
  run<N extends OperationName>(name: N, input?: unknown, options?: RunOptions): Promise<Output<N>>;
  /** Opens the engine for writing, with the configuration as it is now. */
  open(): TestEngine;
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
 * Makes a source with `build`, a workspace for it (by `init`, or with this configuration) and, when the test ends, checks
 * that the catalog is sound.
 */
export async function makeWorkspace(
  build: (db: Database.Database) => void,
  config?: Record<string, unknown>,
): Promise<TestWorkspace> {
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
  const configure = (settings: Record<string, unknown>): void => {
    const source = { kind: 'sqlite', name: 'source', path: 'source.sqlite' };
    writeFileSync(join(folder, 'plumbline.yaml'), stringify({ version: 1, source, ...settings }));
  };
  change(build);
  if (config === undefined) await initWorkspace({ folder, source: sourcePath, name: 'source' }, workerUrls);
  else configure(config);
  shareProbes(join(folder, '.plumbline', 'models', '.probes'));
  onTestFinished(() => expectSoundCatalog(folder));
  return {
    folder,
    sourcePath,
    change,
    configure,
    open: () => openEngine(folder, 'write'),
    async run(name, input = {}, options = {}) {
      const opened = openEngine(folder, operations[name].writes ? 'write' : 'read');
      try {
        return await opened.run(name, input, options);
      } finally {
        await opened.close();
      }
    },
  };
}

/** What probing a model told, by the hash of its files; see `engine/embed/probe.ts`. */
const probes = new Map<string, string>();

/** A workspace probes a model once; tests of one process do likewise, which saves half a second each. */
function shareProbes(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of probes) writeFileSync(join(folder, name), text);
  onTestFinished(() => {
    for (const name of existsSync(folder) ? readdirSync(folder) : [])
      probes.set(name, readFileSync(join(folder, name), 'utf8'));
  });
}

function openEngine(folder: string, access: 'read' | 'write'): TestEngine {
  let current: RunOptions = {};
  const engine = new Engine({
    folder,
    workers: workerUrls,
    builtinModel,
    access,
    onProgress: (event) => current.onProgress?.(event),
    onNotice: (line) => current.onNotice?.(line),
  });
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= engine.close());
  onTestFinished(close);
  return {
    engine,
    close,
    run(name, input = {}, options = {}) {
      current = options;
      return dispatch(engine, name, input, options.signal ?? new AbortController().signal);
    },
  };
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
