import type { JSX } from 'react';
import { ScreenHeader } from '../../components/screen-header.tsx';

export function JobsScreen(): JSX.Element {
  return <ScreenHeader title="Jobs" />;
}
