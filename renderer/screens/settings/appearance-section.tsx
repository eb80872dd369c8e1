import { SegmentedControl, Text, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import type { JSX } from 'react';
import { SettingCard } from './setting-card.tsx';

/** How this window looks; kept in it, not in the workspace. */
export function AppearanceSection(): JSX.Element {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isReduced = useReducedMotion();
  return (
    <>
      <SettingCard title="Theme" description="Of this window, on this machine.">
        <SegmentedControl
          aria-label="Theme"
          value={colorScheme}
          onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}
          data={[
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
            { value: 'auto', label: 'As the system' },
          ]}
          w={{ base: '100%', sm: 380 }}
        />
      </SettingCard>
      <SettingCard title="Motion">
        <Text size="sm">
          {isReduced
            ? 'Reduced: your system asks for it, and nothing moves here.'
            : 'As usual. Ask your system for reduced motion, and nothing moves here.'}
        </Text>
      </SettingCard>
    </>
  );
}
