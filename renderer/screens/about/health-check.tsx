import { Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconStethoscope } from '@tabler/icons-react';
import { useState, type JSX } from 'react';
import type { Output } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import { RowsLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { formatPlural } from '../../format.ts';
import { SettingCard } from '../settings/setting-card.tsx';
import classes from './about.module.css';

/** Looks at everything that the workspace needs, when it is asked to: on a large index that takes a while. */
export function HealthCheck(): JSX.Element {
  const [isAsked, setAsked] = useState(false);
  const { data, error, isFetching, refetch } = useOperation('doctor', {}, { enabled: isAsked });
  const check = (): void => {
    if (isAsked) void refetch();
    else setAsked(true);
  };
  const failed = data?.checks.filter(({ ok }) => !ok).length ?? 0;
  return (
    <SettingCard
      title="Health"
      description="Source, catalog, models, indexes, jobs and disk. Nothing is changed."
      actions={
        <Button
          variant="default"
          loading={isFetching}
          leftSection={<IconStethoscope size={17} aria-hidden />}
          onClick={check}
        >
          {data === undefined ? 'Check now' : 'Check again'}
        </Button>
      }
    >
      <div aria-live="polite">
        {error !== null && !isFetching && <ProblemView error={error} title="The check could not be made" />}
        {data === undefined && isFetching && <RowsLoading rows={5} />}
        {data !== undefined && (
          <>
            <Text size="sm" fw={600} mb="xs">
              {failed === 0
                ? 'All is well'
                : `${formatPlural(failed, 'thing needs', 'things need')} attention`}
            </Text>
            <ul className={classes.checks}>
              {data.checks.map((one) => (
                <CheckRow key={one.name} check={one} />
              ))}
            </ul>
          </>
        )}
      </div>
    </SettingCard>
  );
}

function CheckRow({ check }: { readonly check: Output<'doctor'>['checks'][number] }): JSX.Element {
  const { name, ok, detail, hint } = check;
  const Icon = ok ? IconCircleCheck : IconAlertTriangle;
  return (
    <li data-ok={ok}>
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <Icon size={19} className={classes.icon} aria-label={ok ? 'Well' : 'Needs attention'} />
        <div className={classes.check}>
          <Text size="sm" fw={600}>
            {name}
          </Text>
          <Text size="sm" c="dimmed" className="breakable">
            {detail}
          </Text>
          {hint !== null && (
            <Text size="sm" className="breakable">
              {hint}
            </Text>
          )}
        </div>
      </Group>
    </li>
  );
}
