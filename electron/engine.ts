/** The engine's process (`utilityProcess`): hands messages on. */
import { setFlagsFromString } from 'node:v8';
import { workerUrls } from '../workers/urls.ts';
import { EngineHost } from './engine-host.ts';

// As in bin/plumbline.mjs, which says why; before any thread starts.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=20');

/** What was sent last is on its way for a moment. */
const LAST_WORD_MS = 100;

const { parentPort } = process;
const host = new EngineHost({
  workers: workerUrls,
  send: (message) => parentPort.postMessage(message),
  end: (code) => void setTimeout(() => process.exit(code), LAST_WORD_MS),
});
parentPort.on('message', ({ data }) => host.receive(data));
