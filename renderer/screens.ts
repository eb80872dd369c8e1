/** Every place of the page: navigation, palette, shortcuts and routes are made from this one table. */
import {
  IconActivity,
  IconGitCompare,
  IconInfoCircle,
  IconLayoutDashboard,
  IconMailX,
  IconSearch,
  IconSettings,
  type Icon,
} from '@tabler/icons-react';
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

export interface Screen {
  readonly name: ScreenName;
  /** wouter patterns; the first is where the navigation leads. */
  readonly paths: readonly [string, ...string[]];
  readonly title: string;
  readonly icon: Icon;
  /** Pressed after `g`. */
  readonly key: string;
  readonly component: LazyExoticComponent<ComponentType>;
}

export type ScreenName = 'overview' | 'jobs' | 'drift' | 'search' | 'dead-letters' | 'settings' | 'about';

type Load = () => Promise<{ readonly default: ComponentType }>;
const loads: Load[] = [];

function onDemand(load: Load): Screen['component'] {
  loads.push(load);
  return lazy(load);
}

/** Fetches every screen before it is shown: once the engine is gone there is nobody to fetch one from. What fails is fetched when it is. */
export function fetchScreens(): void {
  for (const load of loads) load().catch(() => {});
}

export const screens: readonly Screen[] = [
  {
    name: 'overview',
    paths: ['/'],
    title: 'Overview',
    icon: IconLayoutDashboard,
    key: 'o',
    component: onDemand(async () => ({
      default: (await import('./screens/overview/overview-screen.tsx')).OverviewScreen,
    })),
  },
  {
    name: 'jobs',
    paths: ['/jobs', '/jobs/:id'],
    title: 'Jobs',
    icon: IconActivity,
    key: 'j',
    component: onDemand(async () => ({
      default: (await import('./screens/jobs/jobs-screen.tsx')).JobsScreen,
    })),
  },
  {
    name: 'drift',
    paths: ['/drift', '/drift/:type'],
    title: 'Drift',
    icon: IconGitCompare,
    key: 'd',
    component: onDemand(async () => ({
      default: (await import('./screens/drift/drift-screen.tsx')).DriftScreen,
    })),
  },
  {
    name: 'search',
    paths: ['/search', '/search/:type'],
    title: 'Search',
    icon: IconSearch,
    key: 's',
    component: onDemand(async () => ({
      default: (await import('./screens/search/search-screen.tsx')).SearchScreen,
    })),
  },
  {
    name: 'dead-letters',
    paths: ['/dead-letters', '/dead-letters/:type'],
    title: 'Dead letters',
    icon: IconMailX,
    key: 'l',
    component: onDemand(async () => ({
      default: (await import('./screens/dead-letters/dead-letters-screen.tsx')).DeadLettersScreen,
    })),
  },
  {
    name: 'settings',
    paths: ['/settings', '/settings/:section'],
    title: 'Settings',
    icon: IconSettings,
    key: 't',
    component: onDemand(async () => ({
      default: (await import('./screens/settings/settings-screen.tsx')).SettingsScreen,
    })),
  },
  {
    name: 'about',
    paths: ['/about'],
    title: 'About',
    icon: IconInfoCircle,
    key: 'a',
    component: onDemand(async () => ({
      default: (await import('./screens/about/about-screen.tsx')).AboutScreen,
    })),
  },
];
