/**
 * An embedding worker that dies: for good, over any batch with the word `deadly`; once, over the first batch with the
 * word `fragile` (the marker file in the model's folder remembers).
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
});
