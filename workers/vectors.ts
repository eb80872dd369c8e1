/** Vectors worker thread: the only holder of HNSW handles. */
import { serveHost } from '../engine/threads.ts';
import { createVectorsHost } from '../engine/vectors/vectors-host.ts';

export default serveHost(createVectorsHost());
