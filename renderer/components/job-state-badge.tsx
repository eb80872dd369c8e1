import { Badge } from '@mantine/core';
import {
  IconAlertTriangle,
  IconBan,
  IconBolt,
  IconCheck,
  IconHourglass,
  IconPlayerPause,
  IconPlayerPlay,
  IconX,
  type Icon,
} from '@tabler/icons-react';
import type { JSX } from 'react';
import type { JobState } from '../../engine/contract.ts';

export const jobStateLooks: Readonly<
  Record<JobState, { readonly label: string; readonly color: string; readonly icon: Icon }>
> = {
  queued: { label: 'Queued', color: 'gray', icon: IconHourglass },
  running: { label: 'Running', color: 'line', icon: IconPlayerPlay },
  paused: { label: 'Paused', color: 'yellow', icon: IconPlayerPause },
  completed: { label: 'Completed', color: 'green', icon: IconCheck },
  completed_with_failures: { label: 'Completed with failures', color: 'orange', icon: IconAlertTriangle },
  failed: { label: 'Failed', color: 'red', icon: IconX },
  cancelled: { label: 'Cancelled', color: 'gray', icon: IconBan },
  interrupted: { label: 'Interrupted', color: 'orange', icon: IconBolt },
};

export function JobStateBadge({ state }: { readonly state: JobState }): JSX.Element {
  const { label, color, icon: Icon } = jobStateLooks[state];
  return (
    // Never cut off: "Compl…" says neither that it went well nor that it did not.
    <Badge color={color} tt="none" miw="max-content" leftSection={<Icon size={13} aria-hidden />}>
      {label}
    </Badge>
  );
}
