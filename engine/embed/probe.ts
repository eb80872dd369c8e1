/** What only running a model tells: its dimensions, and whether its graph pools by itself. */
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '../durable-file.ts';
import { openThreads } from '../threads.ts';
import type { EmbedHost, Probe, WorkerModel } from './embed-host.ts';

const StoredProbe = z.object({ dimensions: z.int().positive(), sentenceEmbedding: z.boolean() });

/**
 * Runs the model once, in a thread that ends afterwards. The answer is kept in `cacheFolder` under the hash of the
 * files that decide it, so that it can never be out of date; half a second less for every later start.
 * @throws PlumblineError `MODEL_INVALID` where the model does not load or has no fitting output.
 */
export async function probeModel(
  model: WorkerModel,
  filesHash: string,
  options: { readonly workerUrl: URL; readonly cacheFolder: string },
): Promise<Probe> {
  const path = join(options.cacheFolder, `${filesHash}.json`);
  const stored = await readFile(path, 'utf8')
    .then((text) => StoredProbe.parse(JSON.parse(text)))
    .catch(() => null);
  if (stored !== null) return stored;
  const fresh = await runProbe(model, options.workerUrl);
  try {
    mkdirSync(options.cacheFolder, { recursive: true });
    writeFileDurably(path, JSON.stringify(fresh));
  } catch {
    // A read-only folder costs the next start its half second, and nothing else.
  }
  return fresh;
}

async function runProbe(model: WorkerModel, workerUrl: URL): Promise<Probe> {
  const threads = openThreads<EmbedHost>({ url: workerUrl, count: 1, data: model, label: 'embedding' });
  try {
    return await threads.call('probe');
  } finally {
    await threads.close();
  }
}
