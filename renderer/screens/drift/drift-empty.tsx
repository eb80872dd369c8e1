/** What stands in the place of the items where there are none: why, and what to do. */
import { Button } from '@mantine/core';
import { IconChecks, IconHelpCircle, IconTableOff, IconTelescope } from '@tabler/icons-react';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { Report } from '../../../engine/contract.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import { formatDateTime, formatPercent, formatPlural } from '../../format.ts';
import { addressOf } from '../../addresses.ts';
import { useValidation } from './use-validation.ts';
import { ValidateButton } from './validate-button.tsx';

export function NothingSelected(): JSX.Element {
  return (
    <EmptyState
      icon={IconTableOff}
      title="No entity types are selected"
      action={
        <Button component={Link} href={addressOf.settings('entity-types')}>
          Choose entity types
        </Button>
      }
    >
      This workspace indexes nothing yet: drift is found in entity types that are selected.
    </EmptyState>
  );
}

export function UnknownType({ name }: { readonly name: string }): JSX.Element {
  return (
    <EmptyState icon={IconHelpCircle} title={`There is no entity type “${name}”`}>
      It is not selected in this workspace, or its name has changed. Choose another one above.
    </EmptyState>
  );
}

export function NotValidated({ entityType }: { readonly entityType: string }): JSX.Element {
  const job = useValidation(entityType);
  if (job !== null) {
    const percent = job.total === null || job.total === 0 ? null : (100 * job.processed) / job.total;
    return (
      <EmptyState
        icon={IconTelescope}
        title={`${entityType} is being validated`}
        action={
          <Button component={Link} href={addressOf.job(job.id)} variant="default">
            Watch the job
          </Button>
        }
      >
        Every row is compared with the index
        {percent === null ? '' : `: ${formatPercent(Math.floor(percent))} done`}. What drifted appears here
        when it ends.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={IconTelescope}
      title={`${entityType} was not validated yet`}
      action={<ValidateButton entityType={entityType} />}
    >
      A validation compares every row of the source with the index and lists what differs. It changes nothing.
    </EmptyState>
  );
}

export function NoDrift({ report }: { readonly report: Report }): JSX.Element {
  return (
    <EmptyState
      icon={IconChecks}
      title={`${report.entityType} is in sync`}
      action={
        <Button component={Link} href={addressOf.search(report.entityType)} variant="default">
          Search it
        </Button>
      }
    >
      All {formatPlural(report.source, 'row', 'rows')} of the source are in the index as they are now.
      Validated <TimeAgo at={report.finishedAt} /> ({formatDateTime(report.finishedAt)}).
    </EmptyState>
  );
}
