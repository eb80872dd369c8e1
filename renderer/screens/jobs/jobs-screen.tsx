import type { JSX } from 'react';
import { useAddressName } from '../../address.ts';
import { JobList } from './job-list.tsx';
import { JobPage } from './job-page.tsx';

/** All jobs, or the one that the address names. */
export function JobsScreen(): JSX.Element {
  const id = useAddressName();
  return id === null ? <JobList /> : <JobPage key={id} id={id} />;
}
