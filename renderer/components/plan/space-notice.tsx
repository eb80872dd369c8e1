import { Alert } from '@mantine/core';
import { IconDatabaseX } from '@tabler/icons-react';
import type { JSX } from 'react';
import type { Plan } from '../../../engine/contract.ts';
import { formatBytes } from '../../format.ts';
import { lacksSpace } from './plan-summary.ts';

export function SpaceNotice({ plan }: { readonly plan: Plan }): JSX.Element | null {
  const { disk, entityType } = plan;
  if (disk === undefined || !lacksSpace(plan)) return null;
  return (
    <Alert color="red" icon={<IconDatabaseX aria-hidden />} title="There is too little space on the disk">
      A second index of {entityType} needs {formatBytes(disk.neededBytes)}; {formatBytes(disk.freeBytes)} are
      free. Free {formatBytes(disk.neededBytes - disk.freeBytes)} and open this plan again.
    </Alert>
  );
}
