/** Where the worker files are: the engine is told, because it never imports them. */
import { extname } from 'node:path';

/** `.ts` when run from source, `.js` when built. */
const extension = extname(new URL(import.meta.url).pathname);
const url = (name: string): URL => new URL(`./${name}${extension}`, import.meta.url);

export const workerUrls = { source: url('source'), embed: url('embed'), vectors: url('vectors') };
