import { Button, Card, Center, Code, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useState, type JSX, type SubmitEvent } from 'react';
import type { ErrorData } from '../../../engine/errors.ts';
import { ProblemView } from '../../components/problem.tsx';
import { enter } from '../../state/session.ts';

/** The page was opened without the one-time address, or its token is void. */
export function TokenScreen({ problem }: { readonly problem: ErrorData | null }): JSX.Element {
  useDocumentTitle('Access · Plumbline');
  const [token, setToken] = useState('');
  const given = token.trim();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (given !== '') enter(given);
  };
  return (
    <Center component="main" mih="100vh" p="md">
      <Card className="card" w={460} maw="100%">
        <form onSubmit={submit}>
          <Stack>
            <Title order={1}>Plumbline needs its token</Title>
            <Text c="dimmed" size="sm">
              This page reads your data, so it is open only to whoever holds the token of this workspace. The
              address that <Code>plumbline open</Code> prints lets the page in by itself, once.
            </Text>
            {problem !== null && <ProblemView error={problem} title="The page was not let in" />}
            <PasswordInput
              label="Token"
              description="plumbline token prints it"
              value={token}
              onChange={(event) => setToken(event.currentTarget.value)}
              autoComplete="off"
              visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the token' }}
              data-autofocus
            />
            <Button type="submit" disabled={given === ''}>
              Enter
            </Button>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}
