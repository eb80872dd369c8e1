import { Badge, Tooltip } from '@mantine/core';
import type { JSX } from 'react';
import type { DriftClass } from '../../engine/contract.ts';
import { driftClassFacts } from '../drift-classes.ts';
import { formatCount } from '../format.ts';

interface DriftBadgeProps {
  readonly driftClass: DriftClass;
  /** Shown behind the name. */
  readonly count?: number;
}

export function DriftBadge({ driftClass, count }: DriftBadgeProps): JSX.Element {
  const { label, meaning, color, icon: Icon } = driftClassFacts[driftClass];
  return (
    <Tooltip label={`${label}: ${meaning}`}>
      <Badge color={color} leftSection={<Icon size={13} aria-hidden />} tt="none" className="numeric">
        {label}
        {count === undefined ? '' : ` ${formatCount(count)}`}
      </Badge>
    </Tooltip>
  );
}
