import { Button, Group } from '@mantine/core';
import { IconChecks, IconPlayerPlay, IconTool } from '@tabler/icons-react';
import type { JSX } from 'react';
import { useStart } from '../../api/queries.ts';
import { notifyProblem } from '../../components/notify.ts';
import { openPlan } from '../../components/plan-dialog.tsx';

/** All entity types, one job after another. */
export function EverythingNow(): JSX.Element {
  const index = useStart('index');
  const validate = useStart('validate');
  return (
    <Group gap="xs" role="group" aria-label="Everything now">
      <Button
        variant="default"
        leftSection={<IconPlayerPlay size={16} aria-hidden />}
        loading={index.isPending}
        onClick={() =>
          index.mutate({}, { onError: (error) => notifyProblem('Indexing could not be started', error) })
        }
      >
        Index all
      </Button>
      <Button
        variant="default"
        leftSection={<IconChecks size={16} aria-hidden />}
        loading={validate.isPending}
        onClick={() =>
          validate.mutate({}, { onError: (error) => notifyProblem('Validation could not be started', error) })
        }
      >
        Validate all
      </Button>
      <Button
        variant="default"
        leftSection={<IconTool size={16} aria-hidden />}
        onClick={() => openPlan({ operation: 'fixDrift', input: {} })}
      >
        Repair all …
      </Button>
    </Group>
  );
}
