import type { JSX } from 'react';
import { ScreenHeader } from '../../components/screen-header.tsx';

export function SearchScreen(): JSX.Element {
  return <ScreenHeader title="Search" />;
}
