import { Alert, Transition } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useEffect, useRef, type JSX } from 'react';
import { formatDateTime } from '../format.ts';
import { useConnection } from '../state/connection.ts';

/** Shorter breaks are not worth a word. */
const GRACE_MS = 1200;

/** Says that the engine does not answer, and, once it does again, that what is shown is true again. */
export function ConnectionBanner(): JSX.Element {
  const { state, lastContactAt } = useConnection();
  const [settled] = useDebouncedValue(state, GRACE_MS);
  const isLost = state === 'lost' && settled === 'lost';
  const wasLost = useRef(false);

  useEffect(() => {
    if (wasLost.current && state !== 'lost')
      notifications.show({
        color: 'green',
        title: 'Connected again',
        message: 'What you see is up to date.',
      });
    if (state !== 'lost') wasLost.current = false;
    else if (isLost) wasLost.current = true;
  }, [state, isLost]);

  return (
    <Transition mounted={isLost} transition="slide-down" duration={150}>
      {(styles) => (
        <Alert
          style={styles}
          mb="md"
          color="red"
          role="alert"
          icon={<IconPlugConnectedX aria-hidden />}
          title="The engine does not answer"
        >
          Trying again by itself. Jobs that were running can be resumed: nothing that was committed is lost.
          {lastContactAt !== null && ` What you see is of ${formatDateTime(lastContactAt)}.`}
        </Alert>
      )}
    </Transition>
  );
}
