import type { JSX } from 'react';
import { ScreenHeader } from '../../components/screen-header.tsx';

export function DeadLettersScreen(): JSX.Element {
  return <ScreenHeader title="DeadLetters" />;
}
