import { setTimeout as wait } from 'node:timers/promises';

/** Pauses between attempts: long enough for a failover of a few seconds, short enough for a person who waits. */
const PAUSES_MS = [100, 500, 2_000, 5_000];

/** Does `work` again, after a pause each time, for as long as its failure may pass by itself. Reads may be repeated. */
export async function withRetries<T>(
  work: () => Promise<T>,
  mayPass: (error: unknown) => boolean,
): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error)) throw error;
      await wait(pause);
    }
  }
  return work();
}
