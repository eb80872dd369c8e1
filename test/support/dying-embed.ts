/**
 * An embedding worker that dies: for good, over any batch with the word `deadly`; once, over the first batch with the
 * word `fragile` (the marker file in the model's folder remembers); when it splits a text with the word `knotty`, and
 * when it splits anything while the model's folder holds a file `splitting-down`.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'piscina';
import { createEmbedHost, type WorkerModel } from '../../engine/embed/embed-host.ts';
import { serveHost } from '../../engine/threads.ts';

const model = workerData as WorkerModel;
const host = createEmbedHost(model);
const marker = join(model.folder, 'died-once');

function dieOver(texts: readonly string[]): void {
  if (texts.some((text) => text.includes('deadly'))) process.exit(1);
  if (texts.some((text) => text.includes('fragile')) && !existsSync(marker)) {
    writeFileSync(marker, '');
    process.exit(1);
  }
}

export default serveHost({
  ...host,
  embed(texts: readonly string[]) {
    dieOver(texts);
    return host.embed(texts);
  },
  split(texts: readonly string[], limits: Parameters<typeof host.split>[1]) {
    if (existsSync(join(model.folder, 'splitting-down'))) process.exit(1);
    if (texts.some((text) => text.includes('knotty'))) process.exit(1);
    return host.split(texts, limits);
  },
});
