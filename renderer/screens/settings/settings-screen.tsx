import type { JSX } from 'react';
import { ScreenHeader } from '../../components/screen-header.tsx';

export function SettingsScreen(): JSX.Element {
  return <ScreenHeader title="Settings" />;
}
