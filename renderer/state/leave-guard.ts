/** Asks before the person leaves something unsaved: the router goes through it. */
import { create } from 'zustand';
import type { AroundNavHandler } from 'wouter';

export interface LeaveGuard {
  /** Addresses that lose nothing. */
  readonly covers: (address: string) => boolean;
  /** Asks; `leave` goes where the person wanted to go. */
  readonly ask: (leave: () => void) => void;
}

const useLeaveGuard = create<{ readonly guard: LeaveGuard | null }>(() => ({ guard: null }));

/** Until the function that it returns is called. */
export function guardLeaving(guard: LeaveGuard): () => void {
  useLeaveGuard.setState({ guard });
  return () => {
    if (useLeaveGuard.getState().guard === guard) useLeaveGuard.setState({ guard: null });
  };
}

export const askBeforeLeaving: AroundNavHandler = (navigate, to, options) => {
  const { guard } = useLeaveGuard.getState();
  if (guard === null || guard.covers(to)) navigate(to, options);
  else guard.ask(() => navigate(to, options));
};
