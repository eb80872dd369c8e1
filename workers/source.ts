/** Source thread: the one that reads the source. */
import { createSourceHost } from '../engine/sources/source-host.ts';
import { serveHost } from '../engine/threads.ts';

export default serveHost(createSourceHost());
