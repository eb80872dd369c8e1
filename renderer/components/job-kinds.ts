import {
  IconArrowBackUp,
  IconChecks,
  IconHammer,
  IconPlayerPlay,
  IconRefresh,
  IconTool,
  type Icon,
} from '@tabler/icons-react';
import type { JobKind } from '../../engine/contract.ts';

/** What people call each kind of job. */
export const jobKindLooks: Readonly<Record<JobKind, { readonly label: string; readonly icon: Icon }>> = {
  index: { label: 'Index', icon: IconPlayerPlay },
  validate: { label: 'Validate', icon: IconChecks },
  repair: { label: 'Repair', icon: IconTool },
  rebuild: { label: 'Rebuild', icon: IconHammer },
  rollback: { label: 'Roll back', icon: IconArrowBackUp },
  retry: { label: 'Retry', icon: IconRefresh },
};
