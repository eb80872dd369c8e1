import { Text, Title } from '@mantine/core';
import { IconActivity, IconGitCompare, IconPlug, IconTool, type Icon } from '@tabler/icons-react';
import type { JSX } from 'react';
import classes from './welcome.module.css';

const PARTS: readonly { readonly icon: Icon; readonly title: string; readonly text: string }[] = [
  { icon: IconPlug, title: 'Connect', text: 'Choose tables and how their rows become text.' },
  {
    icon: IconActivity,
    title: 'Index',
    text: 'Every row is embedded on this machine. Pause and resume at will.',
  },
  {
    icon: IconGitCompare,
    title: 'Validate',
    text: 'Each row is compared with the index: what drifted, and why.',
  },
  { icon: IconTool, title: 'Repair', text: 'See the plan, approve it, and have it proven in sync.' },
];

/** The four things that one does with Plumbline, before anything is decided. */
export function HowItWorks(): JSX.Element {
  return (
    <section aria-labelledby="how-it-works">
      <Title order={2} id="how-it-works" mb="sm">
        How it works
      </Title>
      <ol className={classes.parts}>
        {PARTS.map(({ icon: Icon, title, text }) => (
          <li key={title}>
            <Icon size={20} stroke={1.6} aria-hidden />
            <Text fw={600} size="sm" mt={6}>
              {title}
            </Text>
            <Text size="sm" c="dimmed">
              {text}
            </Text>
          </li>
        ))}
      </ol>
    </section>
  );
}
