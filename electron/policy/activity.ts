/** What tray, dock and task bar show of the engine's jobs. */
import type { Job } from '../../engine/contract.ts';
import type { Activity } from '../messages.ts';

export const IDLE: Activity = { jobs: 0, title: '', share: null };

/** Of all jobs that are not over. Jobs take turns, so that there is one to show and others to count. */
export function activityOf(jobs: readonly Job[]): Activity {
  const open = jobs.filter(({ state }) => state === 'running' || state === 'queued');
  const running = open.find(({ state }) => state === 'running') ?? open[0];
  if (running === undefined) return IDLE;
  const { total, processed } = running;
  return {
    jobs: open.length,
    title: `${running.kind} ${running.entityType}`,
    share: total === null || total === 0 ? null : Math.min(1, processed / total),
  };
}

/** For `BrowserWindow.setProgressBar`: -1 shows none, above 1 one without an end. */
export function progressBar({ jobs, share }: Activity): number {
  if (jobs === 0) return -1;
  return share ?? 2;
}

/** The words at the tray's icon and at the head of its menu. */
export function activityText({ jobs, title, share }: Activity): string {
  if (jobs === 0) return 'Plumbline: no jobs are running';
  const percent = share === null ? '' : ` ${Math.floor(share * 100)} %`;
  const others = jobs > 1 ? `, ${jobs - 1} waiting` : '';
  return `Plumbline: ${title}${percent}${others}`;
}
