/** A workspace for a small sample shop. */
import { join } from 'node:path';
import { initWorkspace } from '../../engine/operations/init.ts';
import { mutateShop, writeSampleShop, type ShopChange, type ShopChanges } from '../../engine/sample/shop.ts';
import { workerUrls } from '../../workers/urls.ts';
import { temporaryFolder } from './workspace.ts';

export interface ShopWorkspace {
  readonly folder: string;
  readonly source: string;
  /** Changes rows behind the index's back. */
  change(change: ShopChange): ShopChanges;
}

export async function makeShop(rows = 2_000): Promise<ShopWorkspace> {
  const folder = temporaryFolder();
  const source = join(folder, 'shop.sqlite');
  await writeSampleShop(source, { rows });
  await initWorkspace({ folder, source }, workerUrls);
  return { folder, source, change: (change) => mutateShop(source, change) };
}
