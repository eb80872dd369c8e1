/** A workspace's configuration as data, for tests that write it anew with something changed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export function readConfig(folder: string): { model: string; entityTypes: Record<string, unknown> } {
  const { model, entityTypes } = parse(readFileSync(join(folder, 'plumbline.yaml'), 'utf8')) as {
    model: string;
    entityTypes: Record<string, unknown>;
  };
  return { model, entityTypes };
}
