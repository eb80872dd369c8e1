/** A source that no engine has open: opened on a thread of its own, for as long as some work takes. */
import type { WorkerUrls } from '../engine.ts';
import type { SourceThread } from '../jobs/context.ts';
import type { SourceConfig } from '../source-config.ts';
import type { SourceHost } from '../sources/source-host.ts';
import { openThreads } from '../threads.ts';

/** @throws PlumblineError those of opening the source. */
export async function withSource<T>(
  source: SourceConfig,
  workers: WorkerUrls,
  work: (thread: SourceThread) => Promise<T>,
): Promise<T> {
  const thread = openThreads<SourceHost>({ url: workers.source, count: 1, label: 'source' });
  try {
    await thread.call('open', source);
    return await work(thread);
  } finally {
    await thread.call('close').catch(() => {});
    await thread.close();
  }
}
