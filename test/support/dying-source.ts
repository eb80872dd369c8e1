/** A source thread that dies over the next documents it is asked for, once, when a file `deadly` lies beside the source. */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createSourceHost } from '../../engine/sources/source-host.ts';
import type { SourceConfig } from '../../engine/source-config.ts';
import { serveHost } from '../../engine/threads.ts';

const host = createSourceHost();
let marker = '';

export default serveHost({
  ...host,
  open(config: SourceConfig) {
    if (config.kind !== 'sqlite') throw new RangeError('not a file');
    marker = join(dirname(config.path), 'deadly');
    return host.open(config);
  },
  documents(...args: Parameters<typeof host.documents>) {
    if (existsSync(marker)) {
      rmSync(marker);
      process.exit(1);
    }
    return host.documents(...args);
  },
});
