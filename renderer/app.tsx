/** Providers, and the way in: token, then workspace, then the screens. */
import { MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useState, type JSX } from 'react';
import { Router } from 'wouter';
import { useAddressPath } from './address.ts';
import { createQueryClient, refreshAfterJobs, useSetup } from './api/queries.ts';
import { forgetWorkspace } from './api/switch.tsx';
import { ErrorBoundary } from './components/error-boundary.tsx';
import { TokenScreen } from './screens/token/token-screen.tsx';
import { FirstPaint } from './shell/first-paint.tsx';
import { Shell } from './shell/shell.tsx';
import { watchEngine } from './state/connection.ts';
import { askBeforeLeaving } from './state/leave-guard.ts';
import { startSession, useSession } from './state/session.ts';
import { colorSchemeManager } from './theme/color-scheme.ts';
import { cssVariablesResolver, theme } from './theme/theme.ts';

export function App(): JSX.Element {
  const [queries] = useState(createQueryClient);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      colorSchemeManager={colorSchemeManager}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={queries}>
        <ModalsProvider>
          <Notifications position="bottom-right" limit={4} />
          <Router hook={useAddressPath} aroundNav={askBeforeLeaving}>
            <ErrorBoundary>
              <Gate queries={queries} />
            </ErrorBoundary>
          </Router>
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** No event says that a workspace was opened from elsewhere, or that the engine is there again without one. */
const UNHEARD_MS = 4000;

function Gate({ queries }: { readonly queries: ReturnType<typeof createQueryClient> }): JSX.Element {
  const session = useSession((state) => state.session);
  const letIn = session.state === 'ready' ? session : null;

  // Another workspace has events of its own; without one there are none.
  const workspaces = useSetup('workspaces', {}, { enabled: letIn !== null });
  const folder = workspaces.data?.open?.folder ?? null;
  useSetup('workspaces', {}, { enabled: letIn !== null && folder === null, everyMs: UNHEARD_MS });

  useEffect(() => void startSession(), []);

  useEffect(() => (folder === null ? undefined : () => forgetWorkspace(queries)), [folder, queries]);

  useEffect(() => {
    if (letIn === null || folder === null) return;
    const leaving = new AbortController();
    void watchEngine(
      letIn,
      {
        onMissed: () => void queries.invalidateQueries(),
        onJob: () => refreshAfterJobs(queries),
      },
      leaving.signal,
    );
    return () => leaving.abort();
  }, [letIn, folder, queries]);

  switch (session.state) {
    case 'starting':
      return <FirstPaint />;
    case 'token-needed':
      return <TokenScreen problem={session.problem} />;
    case 'ready':
      return <Shell />;
    default:
      return session satisfies never;
  }
}
