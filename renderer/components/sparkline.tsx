import { Tooltip } from '@mantine/core';
import type { JSX } from 'react';
import { formatDateTime, formatPercent } from '../format.ts';
import classes from './sparkline.module.css';

export interface SharePoint {
  /** Unix milliseconds. */
  readonly at: number;
  /** 0-100. */
  readonly percent: number;
}

interface SparklineProps {
  /** What the shares are of: `In sync`. */
  readonly label: string;
  /** Oldest first. */
  readonly points: readonly SharePoint[];
}

const WIDTH = 100;
const HEIGHT = 32;
const MARGIN = 3;
/** A line of shares all near 100 would otherwise look like a landslide. */
const LEAST_SPAN = 5;

/** How a share went: its course for the eye, its values for whoever cannot see it. */
export function Sparkline({ label, points }: SparklineProps): JSX.Element {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return <span className={classes.place} />;
  const lowest = Math.min(...points.map(({ percent }) => percent));
  const summary =
    points.length === 1
      ? `${label}: ${formatPercent(last.percent)}, one validation`
      : `${label}, ${points.length} validations since ${formatDateTime(first.at)}: lowest ${formatPercent(lowest)}, now ${formatPercent(last.percent)}`;
  const values = points.map(({ percent }) => formatPercent(percent)).join(', ');
  const places = placed(points, lowest);
  const [x, y] = places.at(-1) ?? [0, 0];
  return (
    <Tooltip label={summary}>
      <svg
        role="img"
        aria-label={`${summary}. Oldest first: ${values}`}
        width={WIDTH}
        height={HEIGHT}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        className={classes.line}
      >
        <polyline points={places.map((place) => place.join(',')).join(' ')} />
        <circle cx={x} cy={y} r={2.5} data-in-sync={last.percent === 100 || undefined} />
      </svg>
    </Tooltip>
  );
}

function placed(points: readonly SharePoint[], lowest: number): [x: number, y: number][] {
  const span = Math.max(LEAST_SPAN, 100 - lowest);
  const step = (WIDTH - 2 * MARGIN) / Math.max(1, points.length - 1);
  return points.map(({ percent }, i) => [
    points.length === 1 ? WIDTH - MARGIN : MARGIN + i * step,
    MARGIN + ((100 - percent) / span) * (HEIGHT - 2 * MARGIN),
  ]);
}
