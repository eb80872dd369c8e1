/** What a job's state means. Pure. */
import type { Job, JobState } from '../../engine/contract.ts';

/** Not ended: what runs, then what waits for its turn, then what waits for a person. */
export const openStates: readonly JobState[] = ['running', 'queued', 'paused', 'interrupted'];

type InState = Pick<Job, 'state'>;

export const hasEnded = ({ state }: InState): boolean => !openStates.includes(state);

export const isActive = ({ state }: InState): boolean => state === 'running' || state === 'queued';

/** Something went wrong, as opposed to a person's wish. */
export const hasBroken = ({ state }: InState): boolean => state === 'failed' || state === 'interrupted';

/** Stopped on its way, to be gone on with. */
export const isResumable = ({ state }: InState): boolean => state === 'paused' || state === 'interrupted';
