/** Embedding worker thread: one ONNX session each. */
import { workerData } from 'piscina';
import { createEmbedHost, type WorkerModel } from '../engine/embed/embed-host.ts';
import { serveHost } from '../engine/threads.ts';

export default serveHost(createEmbedHost(workerData as WorkerModel));
