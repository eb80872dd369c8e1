import { Group } from '@mantine/core';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { DriftClass } from '../../engine/contract.ts';
import { driftClassFacts } from '../drift-classes.ts';
import { formatCount } from '../format.ts';
import { addressOf } from '../addresses.ts';
import { DriftBadge } from './drift-badge.tsx';
import classes from './drift-links.module.css';

interface DriftLinksProps {
  readonly entityType: string;
  readonly drift: readonly (readonly [name: DriftClass, count: number])[];
}

/** What drifted, each class leading to its items. */
export function DriftLinks({ entityType, drift }: DriftLinksProps): JSX.Element {
  return (
    <Group gap={6}>
      {drift.map(([name, count]) => (
        <Link
          key={name}
          href={`${addressOf.drift(entityType)}?class=${name}`}
          className={classes.link ?? ''}
          aria-label={`${driftClassFacts[name].label} ${formatCount(count)} in ${entityType}`}
        >
          <DriftBadge driftClass={name} count={count} />
        </Link>
      ))}
    </Group>
  );
}
