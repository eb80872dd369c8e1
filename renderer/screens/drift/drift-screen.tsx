import type { JSX } from 'react';
import { ScreenHeader } from '../../components/screen-header.tsx';

export function DriftScreen(): JSX.Element {
  return <ScreenHeader title="Drift" />;
}
