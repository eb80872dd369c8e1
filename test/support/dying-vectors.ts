/**
 * A vectors worker that dies, once, instead of answering a search for 13: the marker file, named by DYING_VECTORS_MARKER,
 * remembers. (The pool gives the vectors worker no data of its own.)
 */
import { existsSync, writeFileSync } from 'node:fs';
import { serveHost } from '../../engine/threads.ts';
import { createVectorsHost } from '../../engine/vectors/vectors-host.ts';

const host = createVectorsHost();
const marker = process.env['DYING_VECTORS_MARKER'] ?? '';

export default serveHost({
  ...host,
  search(generationId, query, k) {
    if (k === 13 && !existsSync(marker)) {
      writeFileSync(marker, '');
      process.exit(1);
    }
    return host.search(generationId, query, k);
  },
} satisfies typeof host);
