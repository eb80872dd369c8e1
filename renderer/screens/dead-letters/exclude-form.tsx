import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useState, type JSX, type SubmitEvent } from 'react';
import { formatCount } from '../../format.ts';

/** As long as the operation takes. */
const MAX_REASON = 1000;

interface ExcludeFormProps {
  readonly count: number;
  readonly onCancel: () => void;
  readonly onExclude: (reason: string) => void;
}

export function ExcludeForm({ count, onCancel, onExclude }: ExcludeFormProps): JSX.Element {
  const [reason, setReason] = useState('');
  const given = reason.trim();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (given !== '') onExclude(given);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">
          No job tries them any more, and they count neither as failed nor as drift. They stay in this list,
          with your reason, and can be included again. What is indexed of them stays as it is.
        </Text>
        <Textarea
          label="Reason"
          description="Shown wherever they are listed"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          maxLength={MAX_REASON}
          autosize
          minRows={2}
          required
          data-autofocus
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" disabled={given === ''}>
            Exclude {formatCount(count)}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
