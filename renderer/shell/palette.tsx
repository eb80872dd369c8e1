/** Everything that can be done, by name: screens, entity types, and the jobs that can be started. */
import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import {
  IconChecks,
  IconGitCompare,
  IconKeyboard,
  IconPlayerPlay,
  IconSearch,
  IconTool,
} from '@tabler/icons-react';
import type { JSX } from 'react';
import { useLocation } from 'wouter';
import { useOperation, useStart } from '../api/queries.ts';
import { notifyProblem } from '../components/notify.ts';
import { openPlan } from '../components/plan-dialog.tsx';
import { addressOf } from '../addresses.ts';
import { screens } from '../screens.ts';
import { openShortcuts } from './shortcut-events.ts';

export function Palette(): JSX.Element {
  const actions = useActions();
  return (
    <Spotlight
      actions={actions}
      shortcut={['mod + K', 'mod + P']}
      nothingFound="Nothing by that name"
      highlightQuery
      limit={30}
      scrollable
      maxHeight={420}
      searchProps={{ placeholder: 'Go to, index, validate, repair …', 'aria-label': 'Command' }}
    />
  );
}

function useActions(): SpotlightActionGroupData[] {
  const [, navigate] = useLocation();
  const { data } = useOperation('status', {});
  const index = useStart('index');
  const validate = useStart('validate');
  const types = data?.entityTypes ?? [];
  const failed = (what: string) => (error: unknown) => notifyProblem(what, error);

  return [
    {
      group: 'Go to',
      actions: screens.map(({ name, title, icon: Icon, paths: [path] }) => ({
        id: `go:${name}`,
        label: title,
        leftSection: <Icon size={18} aria-hidden />,
        onClick: () => navigate(path),
      })),
    },
    {
      group: 'Everything',
      actions: [
        {
          id: 'index',
          label: 'Index everything',
          leftSection: <IconPlayerPlay size={18} aria-hidden />,
          onClick: () => index.mutate({}, { onError: failed('Indexing could not be started') }),
        },
        {
          id: 'validate',
          label: 'Validate everything',
          leftSection: <IconChecks size={18} aria-hidden />,
          onClick: () => validate.mutate({}, { onError: failed('Validation could not be started') }),
        },
        {
          id: 'repair',
          label: 'Repair everything …',
          leftSection: <IconTool size={18} aria-hidden />,
          onClick: () => openPlan({ operation: 'fixDrift', input: {} }),
        },
      ],
    },
    ...types.map((entityType) => ({
      // Never the name alone: groups of one name become one, and what the list keeps them in breaks over `constructor`.
      group: `Entity type ${entityType}`,
      actions: [
        {
          id: `search:${entityType}`,
          label: `Search ${entityType}`,
          leftSection: <IconSearch size={18} aria-hidden />,
          onClick: () => navigate(addressOf.search(entityType)),
        },
        {
          id: `drift:${entityType}`,
          label: `Drift of ${entityType}`,
          leftSection: <IconGitCompare size={18} aria-hidden />,
          onClick: () => navigate(addressOf.drift(entityType)),
        },
        {
          id: `index:${entityType}`,
          label: `Index ${entityType}`,
          leftSection: <IconPlayerPlay size={18} aria-hidden />,
          onClick: () =>
            index.mutate({ entityTypes: [entityType] }, { onError: failed('Indexing could not be started') }),
        },
        {
          id: `validate:${entityType}`,
          label: `Validate ${entityType}`,
          leftSection: <IconChecks size={18} aria-hidden />,
          onClick: () =>
            validate.mutate(
              { entityTypes: [entityType] },
              { onError: failed('Validation could not be started') },
            ),
        },
        {
          id: `repair:${entityType}`,
          label: `Repair ${entityType} …`,
          leftSection: <IconTool size={18} aria-hidden />,
          onClick: () => openPlan({ operation: 'fixDrift', input: { entityTypes: [entityType] } }),
        },
      ],
    })),
    {
      group: 'Help',
      actions: [
        {
          id: 'shortcuts',
          label: 'Keyboard shortcuts',
          leftSection: <IconKeyboard size={18} aria-hidden />,
          onClick: () => void globalThis.dispatchEvent(new Event(openShortcuts)),
        },
      ],
    },
  ];
}
