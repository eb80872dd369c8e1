import type { JSX } from 'react';
import { ScreenHeader } from '../../components/screen-header.tsx';

export function OverviewScreen(): JSX.Element {
  return <ScreenHeader title="Overview" />;
}
