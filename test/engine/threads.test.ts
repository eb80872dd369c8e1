import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/workspace.ts';
import { openThreads } from '../../engine/threads.ts';
import type { VectorsHost } from '../../engine/vectors/vectors-host.ts';
import { workerUrls } from '../../workers/urls.ts';

const ADDS = 4000;
const DIMENSIONS = 16;

test('a thread in the middle of native work is let to finish it; ending it there would abort the process', async () => {
  const threads = openThreads<VectorsHost>({
    url: workerUrls.vectors,
    count: 1,
    finishCalls: true,
    label: 'test',
  });
  const folder = temporaryFolder();
  await threads.call('open', {
    generationId: 1,
    folder,
    dimensions: DIMENSIONS,
    parameters: { m: 16, efConstruction: 100 },
  });
  const adding = threads.call('apply', 1, {
    labels: Uint32Array.from({ length: ADDS }, (_, i) => i),
    adds: new Uint8Array(ADDS).fill(1),
    vectors: Uint16Array.from({ length: ADDS * DIMENSIONS }, (_, i) => 0x3000 + ((i * 7919) % 0x800)),
    sequence: ADDS,
  });
  const closing = threads.close();
  await expect(threads.call('stats', 1)).rejects.toMatchObject({ code: 'THREAD_CLOSED' });
  await expect(adding).resolves.toBeUndefined();
  await closing;
  await threads.close();
  expect(threads.pending).toBe(0);
});
