import { Button, Group, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useEffect, useEffectEvent } from 'react';
import { guardLeaving } from '../../state/leave-guard.ts';
import { discard } from './settings-draft.ts';

/** Asks before settings are left unsaved: by going elsewhere, or by closing the window. */
export function useLeaveGuard(isDirty: boolean, save: () => Promise<boolean>): void {
  const saveNow = useEffectEvent(save);
  useEffect(() => {
    if (!isDirty) return;
    const stay = (event: BeforeUnloadEvent): void => event.preventDefault();
    globalThis.addEventListener('beforeunload', stay);
    const release = guardLeaving({
      covers: (address) => /^\/settings(\/|$)/.test(address),
      ask: (leave) => ask(leave, () => saveNow()),
    });
    return () => {
      globalThis.removeEventListener('beforeunload', stay);
      release();
    };
  }, [isDirty]);
}

function ask(leave: () => void, save: () => Promise<boolean>): void {
  const close = (): void => modals.closeAll();
  modals.open({
    title: 'Leave with unsaved changes?',
    children: (
      <Stack>
        <Text size="sm">Your settings have changes that are not saved.</Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Keep editing
          </Button>
          <Button
            variant="default"
            onClick={() => {
              close();
              discard();
              leave();
            }}
          >
            Discard
          </Button>
          <Button
            onClick={() => {
              close();
              void save().then((isSaved) => isSaved && leave());
            }}
          >
            Save and leave
          </Button>
        </Group>
      </Stack>
    ),
  });
}
