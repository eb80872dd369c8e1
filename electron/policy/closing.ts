/** What closing the window and quitting mean. Nobody is asked: jobs stop at a safe point and can be resumed. */

/** Quitting waits so long for jobs to come to a safe point; what was not committed by then is done again by `resume`. */
export const QUIT_LIMIT_MS = 15_000;

export interface CloseSituation {
  readonly platform: NodeJS.Platform;
  readonly hasTray: boolean;
  readonly jobs: number;
  readonly isQuitting: boolean;
}

/**
 * `hide`: jobs go on behind the tray icon. `close`: the window goes; on macOS the app stays, as apps there do.
 */
export function onClose({ platform, hasTray, jobs, isQuitting }: CloseSituation): 'hide' | 'close' {
  if (isQuitting || platform === 'darwin') return 'close';
  return hasTray && jobs > 0 ? 'hide' : 'close';
}

/** Where quitting is: `no`, `stopping` (the engine brings jobs to a safe point), `stopped`. */
export type QuitPhase = 'no' | 'stopping' | 'stopped';

/** What a wish to quit leads to: `stop` the engine first, `wait` for that, or `go`. */
export function onQuit(phase: QuitPhase): 'stop' | 'wait' | 'go' {
  switch (phase) {
    case 'no':
      return 'stop';
    case 'stopping':
      return 'wait';
    case 'stopped':
      return 'go';
    default:
      return phase satisfies never;
  }
}
