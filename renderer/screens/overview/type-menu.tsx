import { ActionIcon, Menu } from '@mantine/core';
import {
  IconChecks,
  IconDots,
  IconGitCompare,
  IconHammer,
  IconPlayerPlay,
  IconSearch,
  IconTool,
  IconZoomCheck,
} from '@tabler/icons-react';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { openPlan } from '../../components/plan-dialog.tsx';
import { addressOf } from '../../addresses.ts';
import type { TypeStarts } from './use-type-starts.ts';

interface TypeMenuProps {
  readonly entityType: string;
  readonly starts: TypeStarts;
}

/** Everything else that can be done with an entity type. */
export function TypeMenu({ entityType, starts }: TypeMenuProps): JSX.Element {
  return (
    <Menu
      position="bottom-end"
      width={230}
      // Beside its button for whoever hears the page, and not cut off by the card.
      withinPortal={false}
      floatingStrategy="fixed"
      // What a menu holds are items alone.
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={30} aria-label={`More for ${entityType}`}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={starts.index}>
          Index
        </Menu.Item>
        <Menu.Item leftSection={<IconChecks size={16} aria-hidden />} onClick={() => starts.validate()}>
          Validate
        </Menu.Item>
        <Menu.Item
          leftSection={<IconZoomCheck size={16} aria-hidden />}
          onClick={() => starts.validate({ deep: true })}
        >
          Validate deeply
        </Menu.Item>
        <Menu.Item
          leftSection={<IconTool size={16} aria-hidden />}
          onClick={() => openPlan({ operation: 'fixDrift', input: { entityTypes: [entityType] } })}
        >
          Repair …
        </Menu.Item>
        <Menu.Item
          leftSection={<IconHammer size={16} aria-hidden />}
          onClick={() => openPlan({ operation: 'rebuild', input: { entityType } })}
        >
          Rebuild …
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          component={Link}
          href={addressOf.search(entityType)}
          leftSection={<IconSearch size={16} aria-hidden />}
        >
          Search
        </Menu.Item>
        <Menu.Item
          component={Link}
          href={addressOf.drift(entityType)}
          leftSection={<IconGitCompare size={16} aria-hidden />}
        >
          Drift
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
