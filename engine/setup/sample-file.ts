/** Where the sample shop of a workspace lies, and whether it is one. */
import { join } from 'node:path';
import type { Engine } from '../engine.ts';
import { isSampleShop } from '../sample/shop.ts';
import { sourceLabel } from '../source-config.ts';
import { sourceConfig } from '../workspace.ts';

export const sampleFile = (folder: string): string => join(folder, 'shop.sqlite');

/** The path of the workspace's sample shop; null where its source is another, which is only ever read. */
export function sampleOf({ paths, config }: Engine): string | null {
  const path = sampleFile(paths.root);
  return sourceLabel(sourceConfig(paths, config)) === path && isSampleShop(path) ? path : null;
}
