import { Badge, Button, Card, Group, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconDownload, IconPlayerStop, IconTrash } from '@tabler/icons-react';
import type { JSX } from 'react';
import type { ModelSummary } from '../../../engine/setup-contract.ts';
import { useSetupChange } from '../../api/queries.ts';
import { openConfirmation } from '../../components/confirm.ts';
import { factsOf, stateOf } from '../../components/models/model-facts.ts';
import { notifyProblem } from '../../components/notify.ts';
import { ProblemView } from '../../components/problem.tsx';
import { formatBytes } from '../../format.ts';
import { useSettings } from './use-settings.ts';

/** One model with what can be done about it. */
export function ModelRow({ model }: { readonly model: ModelSummary }): JSX.Element {
  const { name, title, description, state, kind, inUse, progress, error } = model;
  const { hand } = useSettings();
  const download = useSetupChange('downloadModel');
  const cancel = useSetupChange('cancelDownload');
  const remove = useSetupChange('removeModel');
  const isChosen = hand?.settings.model === name;
  const isRemovable = !inUse && kind !== 'builtin' && state === 'ready';
  const askToRemove = (): void => {
    openConfirmation({
      title: `Remove ${title}?`,
      children: (
        <Text size="sm">
          Its files are deleted from the workspace
          {model.bytes === null ? '' : `, ${formatBytes(model.bytes)}`}.{' '}
          {kind === 'hub' ? 'It can be downloaded again.' : 'The folder that it was imported from stays.'}
        </Text>
      ),
      labels: { confirm: 'Remove', cancel: 'Keep it' },
      confirmProps: { color: 'red' },
      onConfirm: () =>
        remove.mutate({ name }, { onError: (cause) => notifyProblem(`${title} was not removed`, cause) }),
    });
  };
  return (
    <Card className="card" component="article" aria-label={title}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={2} flex={1} miw={220}>
          <Group gap="xs">
            <Title order={3}>{title}</Title>
            <Badge variant="default" tt="none">
              {stateOf(model)}
            </Badge>
            {inUse && <Badge tt="none">In use</Badge>}
          </Group>
          {title !== name && (
            <Text size="xs" c="dimmed" className="mono breakable">
              {name}
            </Text>
          )}
          <Text size="sm">{description}</Text>
        </Stack>
        <Group gap="xs">
          {(state === 'absent' || state === 'failed') && kind === 'hub' && (
            <Button
              variant="default"
              size="xs"
              loading={download.isPending}
              leftSection={<IconDownload size={15} aria-hidden />}
              aria-label={`Download ${title}`}
              onClick={() => download.mutate({ name })}
            >
              Download
            </Button>
          )}
          {state === 'downloading' && (
            <Button
              variant="default"
              size="xs"
              loading={cancel.isPending}
              leftSection={<IconPlayerStop size={15} aria-hidden />}
              aria-label={`Stop the download of ${title}`}
              onClick={() => cancel.mutate({ name })}
            >
              Stop
            </Button>
          )}
          {isRemovable && (
            <Button
              variant="default"
              size="xs"
              loading={remove.isPending}
              leftSection={<IconTrash size={15} aria-hidden />}
              aria-label={`Remove ${title}`}
              onClick={askToRemove}
            >
              Remove
            </Button>
          )}
          {!isChosen && hand !== null && (
            <Button size="xs" aria-label={`Use ${title}`} onClick={() => hand.set('model', name)}>
              Use
            </Button>
          )}
        </Group>
      </Group>
      {progress !== null && <DownloadProgress progress={progress} title={title} />}
      {error !== null && (
        <Stack mt="sm">
          <ProblemView error={error} title={`${title} cannot be used`} />
        </Stack>
      )}
      {download.error !== null && <ProblemView error={download.error} title="The download did not start" />}
      <SimpleGrid component="dl" cols={{ base: 2, sm: 3, lg: 6 }} spacing="md" mt="md" mb={0}>
        {factsOf(model).map(([label, value]) => (
          <div key={label}>
            <Text component="dt" size="xs" c="dimmed">
              {label}
            </Text>
            <Text component="dd" m={0} size="sm" className="numeric breakable">
              {value}
            </Text>
          </div>
        ))}
      </SimpleGrid>
    </Card>
  );
}

function DownloadProgress({
  progress: { received, total },
  title,
}: {
  readonly progress: NonNullable<ModelSummary['progress']>;
  readonly title: string;
}): JSX.Element {
  const percent = total === null || total === 0 ? null : (100 * received) / total;
  return (
    <Stack gap={4} mt="sm">
      <Progress value={percent ?? 100} animated={percent === null} aria-label={`Download of ${title}`} />
      <Text size="xs" c="dimmed" className="numeric">
        {total === null
          ? `${formatBytes(received)} received`
          : `${formatBytes(received)} of ${formatBytes(total)}`}
        . Stopped or cut off, it goes on from there the next time.
      </Text>
    </Stack>
  );
}
