import { Text } from '@mantine/core';
import type { JSX } from 'react';
import { rateOf } from '../../components/job-facts.ts';
import type { RateSample } from '../../state/job-progress.ts';
import classes from './rate-chart.module.css';

const WIDTH = 600;
const HEIGHT = 56;
/** Fewer seconds would jump about. */
const SHORTEST_MS = 20_000;

/** The rate of the last two minutes. Takes its room from the beginning. */
export function RateChart({ samples }: { readonly samples: readonly RateSample[] }): JSX.Element {
  const last = samples.at(-1);
  const highest = Math.max(1, ...samples.map(({ rate }) => rate));
  const [oldest] = samples;
  const span = Math.max(SHORTEST_MS, (last?.at ?? 0) - (oldest?.at ?? 0));
  const points = samples.map(({ at, rate }) => {
    const x = WIDTH - ((last?.at ?? at) - at) * (WIDTH / span);
    return [x, HEIGHT - (rate / highest) * (HEIGHT - 4)] as const;
  });
  const line = points.map((point) => point.join(',')).join(' ');
  const [first] = points;
  const words =
    last === undefined ? 'Rate: not known yet' : `Rate: now ${rateOf(last.rate)}, at most ${rateOf(highest)}`;
  return (
    <figure className={classes.figure}>
      <svg
        role="img"
        aria-label={words}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className={classes.chart}
      >
        {first !== undefined && (
          <>
            <polygon points={`${first[0]},${HEIGHT} ${line} ${WIDTH},${HEIGHT}`} />
            <polyline points={line} vectorEffect="non-scaling-stroke" />
          </>
        )}
      </svg>
      <Text component="figcaption" size="xs" c="dimmed" className="numeric">
        {words}
      </Text>
    </figure>
  );
}
