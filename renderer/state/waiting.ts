/** Entity types whose turn in a run has not come yet: there is no job of them that anything could be read of. */
import { create } from 'zustand';
import type { OperationName } from '../../engine/contract.ts';
import type { Client, Started } from '../../engine/doors/client/client.ts';
import type { JobTold } from '../../engine/doors/client/events.ts';

/** By run. */
type Waiting = Readonly<Record<string, readonly string[]>>;

export const useWaiting = create<{ readonly runs: Waiting }>(() => ({ runs: {} }));

/** Seconds that one request waits for the run's end. */
const WAIT_S = 20;

/** Keeps what is told of a run's order true until the run is over; the engine's word counts, events come sooner. */
export async function followRun(client: Client, operation: OperationName, started: Started): Promise<void> {
  const { run } = started;
  let { notStarted = [] } = started;
  try {
    while (notStarted.length > 0) {
      setWaiting(run, notStarted);
      const result = await client.result(operation, run, { waitSeconds: WAIT_S });
      notStarted = result.done ? [] : (result.notStarted ?? []);
    }
  } catch {
    // The engine is gone, and with it the run.
  }
  setWaiting(run, []);
}

/** A job's turn has come. */
export function leaveQueue({ job, run }: JobTold): void {
  if (run === null) return;
  const { runs } = useWaiting.getState();
  const waiting = runs[run];
  if (waiting?.includes(job.entityType) === true)
    setWaiting(
      run,
      waiting.filter((name) => name !== job.entityType),
    );
}

/** True while an entity type waits for its turn in any run. */
export const useIsWaiting = (entityType: string): boolean =>
  useWaiting(({ runs }) => Object.values(runs).some((names) => names.includes(entityType)));

function setWaiting(run: string, names: readonly string[]): void {
  useWaiting.setState(({ runs }) => {
    const { [run]: _former, ...others } = runs;
    return { runs: names.length === 0 ? others : { ...others, [run]: names } };
  });
}
