import { UnstyledButton } from '@mantine/core';
import { IconFolderStar } from '@tabler/icons-react';
import type { JSX } from 'react';
import type { SetupOutput } from '../../../engine/setup-contract.ts';
import classes from './files.module.css';

interface PlacesProps {
  readonly places: SetupOutput<'files'>['places'];
  readonly here: string;
  readonly onOpen: (path: string) => void;
}

/** Good places to start from. */
export function Places({ places, here, onOpen }: PlacesProps): JSX.Element {
  return (
    <ul className={classes.places} aria-label="Places">
      {places.map(({ name, path }) => (
        <li key={path}>
          <UnstyledButton
            className={classes.place}
            aria-current={path === here ? 'location' : undefined}
            title={path}
            onClick={() => onOpen(path)}
          >
            <IconFolderStar size={17} stroke={1.7} aria-hidden />
            <span>{name}</span>
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
