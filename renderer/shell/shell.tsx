/** The window's frame: header, navigation, and the screen that the address names. */
import { AppShell, Burger, Group } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { Suspense, useEffect, useRef, type JSX } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { useSetup } from '../api/queries.ts';
import { ErrorBoundary } from '../components/error-boundary.tsx';
import { ScreenLoading } from '../components/loading.tsx';
import { ProblemView } from '../components/problem.tsx';
import { fetchScreens, screens } from '../screens.ts';
import { WelcomeScreen } from '../screens/welcome/welcome-screen.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { Header } from './header.tsx';
import { Navigation } from './navigation.tsx';
import { Palette } from './palette.tsx';
import { Shortcuts } from './shortcuts.tsx';
import classes from './shell.module.css';

export function Shell(): JSX.Element {
  const [isMenuOpen, { toggle: toggleMenu, close: closeMenu }] = useDisclosure(false);
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  const isNarrow = useMediaQuery('(max-width: 48em)', false);
  const workspaces = useSetup('workspaces', {});
  const isOpen = workspaces.data?.open != null;

  useEffect(fetchScreens, []);

  // Readers of the screen hear where they are; the keyboard goes on from there. What is chosen within a screen stays chosen.
  useEffect(() => {
    closeMenu();
    const focused = document.activeElement;
    if (focused !== main.current && main.current?.contains(focused) === true) return;
    main.current?.focus({ preventScroll: true });
    globalThis.scrollTo(0, 0);
  }, [location, closeMenu]);

  return (
    <AppShell
      header={{ height: 56 }}
      // Its place is kept until it is known that there is no workspace: what is first shown does not move.
      navbar={{
        width: 220,
        breakpoint: 'sm',
        collapsed: { mobile: !isMenuOpen, desktop: workspaces.data?.open === null },
      }}
      padding={{ base: 'md', sm: 'lg' }}
      transitionDuration={120}
    >
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          // The address names the screen: a link to #main would leave it.
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <AppShell.Header className={classes.bar}>
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          {isOpen && (
            <Burger
              opened={isMenuOpen}
              onClick={toggleMenu}
              hiddenFrom="sm"
              size="sm"
              aria-label={isMenuOpen ? 'Close navigation' : 'Open navigation'}
            />
          )}
          <Header open={workspaces.data?.open ?? null} />
        </Group>
      </AppShell.Header>
      {isOpen && (
        <AppShell.Navbar
          className={classes.bar}
          p="sm"
          aria-label="Screens"
          {...(isNarrow && !isMenuOpen ? { inert: true } : {})}
        >
          <Navigation />
        </AppShell.Navbar>
      )}
      <AppShell.Main id="main" ref={main} tabIndex={-1} className={classes.main}>
        <ConnectionBanner />
        <ErrorBoundary of={location}>
          <Suspense fallback={<ScreenLoading />}>
            {workspaces.data !== undefined ? (
              <Screens isOpen={isOpen} />
            ) : workspaces.error === null ? (
              <ScreenLoading />
            ) : (
              <ProblemView error={workspaces.error} onRetry={() => void workspaces.refetch()} />
            )}
          </Suspense>
        </ErrorBoundary>
      </AppShell.Main>
      {isOpen && <Palette />}
      {isOpen && <Shortcuts />}
    </AppShell>
  );
}

function Screens({ isOpen }: { readonly isOpen: boolean }): JSX.Element {
  if (!isOpen) return <WelcomeScreen />;
  return (
    <Switch>
      <Route path="/welcome/:step?">
        <WelcomeScreen />
      </Route>
      {screens.flatMap(({ paths, component: Component }) =>
        paths.map((path) => (
          <Route key={path} path={path}>
            <Component />
          </Route>
        )),
      )}
      <Route>
        <Redirect to="/" replace />
      </Route>
    </Switch>
  );
}
