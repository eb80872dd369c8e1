import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import type { JSX } from 'react';
import { toErrorData, type ErrorData } from '../../engine/errors.ts';

/** As errors stand in answers. */
type PublicError = Omit<ErrorData, 'exitCode'>;

interface ProblemProps {
  readonly error: Error | PublicError;
  /** What could not be done: `The jobs cannot be read`. */
  readonly title?: string;
  readonly onRetry?: () => void;
}

/** An error as every door tells it: what happened, what to do next, its code. */
export function ProblemView({ error, title, onRetry }: ProblemProps): JSX.Element {
  const { code, message, hint } = 'code' in error ? (error as PublicError) : toErrorData(error);
  return (
    <Alert
      color="red"
      role="alert"
      icon={<IconAlertTriangle aria-hidden />}
      title={title ?? 'That did not work'}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm" className="breakable">
          {message}
        </Text>
        {hint !== null && (
          <Text size="sm" className="breakable">
            {hint}
          </Text>
        )}
        <Group gap="sm">
          {onRetry !== undefined && (
            <Button
              size="compact-sm"
              variant="default"
              onClick={onRetry}
              leftSection={<IconRefresh size={14} aria-hidden />}
            >
              Try again
            </Button>
          )}
          <Code>{code}</Code>
        </Group>
      </Stack>
    </Alert>
  );
}
