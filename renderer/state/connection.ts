/** Whether the engine answers, since when it does not, and what it says of its jobs meanwhile. */
import { create } from 'zustand';
import { follow, type Followed } from '../../engine/doors/client/follow.ts';
import { hasCode, toErrorData } from '../../engine/errors.ts';
import { forgetJobsEvents, tellJob, tellNotice, tellProblem } from './live.ts';
import { leave, type Clients } from './session.ts';
import { leaveQueue } from './waiting.ts';

interface Connection {
  /** `connecting` as long as there are no events to be connected to: without a workspace, too. */
  readonly state: 'connecting' | 'connected' | 'lost';
  /** Unix milliseconds of the last sign of life; null before the first. */
  readonly lastContactAt: number | null;
}

export const useConnection = create<Connection>(() => ({ state: 'connecting', lastContactAt: null }));

/** Of those who listen to the engine, the one that counts; null while nobody does, and answers alone tell how it is. */
let listening: AbortSignal | null = null;

/** The engine has answered. */
export function noteContact(): void {
  useConnection.setState({ lastContactAt: Date.now() });
  if (listening === null) useConnection.setState({ state: 'connecting' });
}

/** The engine was asked, and nobody answered. */
export function noteSilence(): void {
  if (listening === null) useConnection.setState({ state: 'lost' });
}

interface Watcher {
  /** Something may have changed unseen: whoever keeps state reads it anew. */
  readonly onMissed: () => void;
  /** A job has changed its state. */
  readonly onJob: () => void;
}

/** Listens to the engine until the signal aborts, through its restarts. */
export async function watchEngine(
  { client, token }: Clients,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<void> {
  listening = signal;
  try {
    for await (const event of follow(client, signal)) take(event, watcher);
  } catch (error) {
    if (hasCode(error, 'TOKEN_WRONG', 'TOKEN_MISSING')) leave(token, toErrorData(error));
    else if (hasCode(error, 'NO_WORKSPACE')) watcher.onMissed();
    else if (!signal.aborted) throw error;
  } finally {
    if (listening === signal) {
      listening = null;
      useConnection.setState({ state: 'connecting' });
    }
  }
}

function take(event: Followed, watcher: Watcher): void {
  switch (event.type) {
    case 'connected':
      useConnection.setState({ state: 'connected', lastContactAt: Date.now() });
      if (event.missed) {
        forgetJobsEvents();
        watcher.onMissed();
      }
      return;
    case 'lost':
      useConnection.setState({ state: 'lost' });
      return;
    case 'job':
    case 'progress':
      noteContact();
      tellJob(event);
      leaveQueue(event);
      if (event.type === 'job') watcher.onJob();
      return;
    case 'problem':
      noteContact();
      tellProblem(event);
      return;
    case 'notice':
      noteContact();
      tellNotice(event.message);
      return;
    default:
      // Newer servers may tell more.
      noteContact();
  }
}
