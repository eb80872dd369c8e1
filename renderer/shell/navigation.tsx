import { Badge, NavLink, Stack } from '@mantine/core';
import type { JSX } from 'react';
import { Link, useLocation } from 'wouter';
import { useOperation } from '../api/queries.ts';
import { formatCompact } from '../format.ts';
import { screens, type ScreenName } from '../screens.ts';
import { isActive } from '../state/job-states.ts';
import { useLive } from '../state/live.ts';
import classes from './shell.module.css';

/** The screens, with what waits in them. */
export function Navigation(): JSX.Element {
  const [location] = useLocation();
  const waiting = useWaiting();
  return (
    <Stack gap={2} component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
      {screens.map(({ name, title, icon: Icon, paths: [path] }) => {
        const isHere = path === '/' ? location === '/' : location.split('/')[1] === path.slice(1);
        const count = waiting[name] ?? 0;
        return (
          <li key={name}>
            <NavLink
              component={Link}
              href={path}
              label={title}
              active={isHere}
              aria-current={isHere ? 'page' : undefined}
              className={classes.link}
              leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
              rightSection={
                count > 0 && (
                  <Badge size="sm" variant="default" className="numeric">
                    {formatCompact(count)}
                  </Badge>
                )
              }
            />
          </li>
        );
      })}
    </Stack>
  );
}

/** Jobs under way, drift that the latest reports found, dead letters. */
function useWaiting(): Partial<Record<ScreenName, number>> {
  const { data } = useOperation('status', {});
  const live = useLive(({ jobs }) => jobs);
  const jobs = new Map(data?.jobs.map((job) => [job.id, job]));
  for (const { job } of Object.values(live)) jobs.set(job.id, job);
  const reports = data?.reports ?? [];
  const sum = (counts: readonly (number | null)[]): number =>
    counts.reduce<number>((total, count) => total + (count ?? 0), 0);
  return {
    jobs: [...jobs.values()].filter(isActive).length,
    drift: sum(
      reports.flatMap(({ missing, stale, outdated, orphaned, lost, ghost, corrupt }) => [
        missing,
        stale,
        outdated,
        orphaned,
        lost,
        ghost,
        corrupt,
      ]),
    ),
    'dead-letters': sum(reports.map(({ failed }) => failed)),
  };
}
