import type { JSX } from 'react';
import { ScreenHeader } from '../../components/screen-header.tsx';

export function AboutScreen(): JSX.Element {
  return <ScreenHeader title="About" />;
}
