/** The sample shop: made with a workspace of its own, and changed behind the index's back so that there is drift to see. */
import { randomInt } from 'node:crypto';
import { initWorkspace } from '../operations/init.ts';
import { PlumblineError } from '../errors.ts';
import { fileError } from '../file-errors.ts';
import { MIN_SHOP_ROWS, mutateShop, SHOP_TABLES, writeSampleShop, type ShopChange } from '../sample/shop.ts';
import type { SetupInput, SetupOutput, Workspaces } from '../setup-contract.ts';
import { openEngine, type SetupContext } from './context.ts';
import { inNewFolder } from './new-folder.ts';
import { sampleFile, sampleOf } from './sample-file.ts';
import { workspaces } from './workspaces.ts';

const NAME = 'Sample shop';
/** Few enough that every one of them can be looked at. */
const CHANGES: Readonly<Record<(typeof SHOP_TABLES)[number], Omit<ShopChange, 'table' | 'seed'>>> = {
  customers: { inserts: 4, updates: 6, deletes: 3 },
  products: { inserts: 3, updates: 8, deletes: 2 },
  orders: { inserts: 12, updates: 10, deletes: 5 },
  reviews: { inserts: 6, updates: 7, deletes: 4 },
};

/** @throws PlumblineError those of `SetupContext.open`; `WORKSPACE_UNWRITABLE`, `DISK_FULL`; then nothing was written. */
export async function createSample(
  context: SetupContext,
  { interrupt = false }: SetupInput<'createSample'>,
  signal: AbortSignal,
): Promise<Workspaces> {
  context.checkCanLeave(interrupt);
  await inNewFolder(context.home.workspaces, 'sample-shop', async (folder) => {
    const source = sampleFile(folder);
    await writeShop(source, signal);
    await initWorkspace({ folder, source, name: NAME }, context.workers);
    await context.open(folder, interrupt);
  });
  return workspaces(context);
}

async function writeShop(path: string, signal: AbortSignal): Promise<void> {
  try {
    await writeSampleShop(path, { rows: MIN_SHOP_ROWS, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof PlumblineError ? error : fileError(error, path);
  }
}

/** @throws PlumblineError `SAMPLE_INVALID` where the open workspace's source is no sample shop; `SAMPLE_TOO_FEW_ROWS`. */
export function changeSample(context: SetupContext): SetupOutput<'changeSample'> {
  const engine = openEngine(context);
  const path = sampleOf(engine);
  if (path === null) throw noSample(engine.config.source.name);
  const seed = randomInt(2 ** 31);
  return {
    changes: SHOP_TABLES.map((table) => {
      const done = mutateShop(path, { table, seed, ...CHANGES[table] });
      return {
        entityType: table,
        inserted: done.inserted.length,
        updated: done.updated.length,
        deleted: done.deleted.length,
      };
    }),
  };
}

const noSample = (name: string): PlumblineError =>
  new PlumblineError('SAMPLE_INVALID', `${name} is not a sample shop`, {
    hint: 'Only a source that Plumbline itself has made is ever written to.',
  });
