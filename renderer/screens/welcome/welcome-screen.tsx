import type { JSX } from 'react';
import { ScreenHeader } from '../../components/screen-header.tsx';

export function WelcomeScreen(): JSX.Element {
  return <ScreenHeader title="Welcome" />;
}
