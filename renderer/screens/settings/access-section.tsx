import { Anchor, Button, CopyButton, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation, type UseMutationResult } from '@tanstack/react-query';
import { IconCheck, IconCopy, IconRefresh } from '@tabler/icons-react';
import type { JSX } from 'react';
import { API } from '../../../engine/routes.ts';
import { shellWord } from '../../../engine/shell-word.ts';
import { useSetup } from '../../api/queries.ts';
import { openConfirmation } from '../../components/confirm.ts';
import { CopyValue } from '../../components/copy-value.tsx';
import { notifyDone, notifyProblem } from '../../components/notify.ts';
import { ask } from '../../api/ask.ts';
import { enterRenewed, useSession } from '../../state/session.ts';
import { SettingCard } from './setting-card.tsx';

/** Who may use this server, and how to from outside of this window. */
export function AccessSection(): JSX.Element {
  const token = useSession(({ session }) => (session.state === 'ready' ? session.token : ''));
  const folder = useSetup('workspaces', {}).data?.open?.folder ?? '';
  const renew = useRenewal();
  const askToRenew = (): void => {
    openConfirmation({
      title: 'Make a new token?',
      children: (
        <Text size="sm">
          The present one is void at once: scripts, tools and other browsers that hold it are let in no more
          until they get the new one. Pages in this browser go on, and so do jobs.
        </Text>
      ),
      labels: { confirm: 'Make a new token', cancel: 'Keep the present one' },
      confirmProps: { color: 'red' },
      onConfirm: () =>
        renew.mutate(undefined, {
          onSuccess: () => notifyDone('The token is new', 'The former one is void.'),
          onError: (error) => notifyProblem('The token was not renewed', error),
        }),
    });
  };
  return (
    <>
      <SettingCard
        title="Token"
        description="Whoever holds it can read your data through this server, which answers to this machine alone."
      >
        <Group align="flex-end" gap="xs">
          <PasswordInput
            label="Access token"
            value={token}
            readOnly
            flex={1}
            miw={240}
            classNames={{ innerInput: 'mono' }}
            visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the token' }}
            autoComplete="off"
          />
          <CopyButton value={token}>
            {({ copied, copy }) => (
              <Button
                variant="default"
                leftSection={
                  copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />
                }
                onClick={copy}
              >
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
          <Button
            variant="default"
            loading={renew.isPending}
            leftSection={<IconRefresh size={16} aria-hidden />}
            onClick={askToRenew}
          >
            Renew
          </Button>
        </Group>
      </SettingCard>
      <SettingCard
        title="REST"
        description={
          <>
            Everything that this window does goes over it.{' '}
            <Anchor underline="always" href={`${API}/docs`} target="_blank" rel="noopener" inherit>
              Its routes
            </Anchor>{' '}
            are described by the server itself.
          </>
        }
      >
        <Stack gap={6}>
          <Text size="sm" fw={500}>
            Address
          </Text>
          <CopyValue value={`${location.origin}${API}`} name="address" />
          <Text size="sm" fw={500} mt="xs">
            For example
          </Text>
          <CopyValue
            value={`curl -H "Authorization: Bearer $(plumbline token -w ${shellWord(folder)})" ${location.origin}${API}/status`}
            name="curl command"
          />
        </Stack>
      </SettingCard>
      <SettingCard
        title="Command line"
        description="Finds this server by itself and works through it: same jobs, same index."
      >
        <CopyValue value={`plumbline status -w ${shellWord(folder)}`} name="command" />
      </SettingCard>
    </>
  );
}

/** The page goes on with the new token before it asks for anything else: the former one is void by then. */
function useRenewal(): UseMutationResult<void, Error, void> {
  return useMutation({
    mutationFn: async () => {
      const { token } = await ask(({ setup }) => setup.call('renewToken', {}));
      enterRenewed(token);
    },
  });
}
