/** What people are told about each drift class, and how it is told apart: by words and icon first, by colour too. */
import {
  IconAlertOctagon,
  IconBan,
  IconClockEdit,
  IconGhost2,
  IconHelpOctagon,
  IconPlugConnectedX,
  IconRecycle,
  IconUnlink,
  type Icon,
} from '@tabler/icons-react';
import type { DriftClass } from '../engine/contract.ts';

export interface DriftClassFacts {
  readonly label: string;
  /** One clause: what it means. */
  readonly meaning: string;
  /** What a repair does about it. */
  readonly repair: string;
  /** A colour of Mantine's palette. */
  readonly color: string;
  readonly icon: Icon;
}

export const driftClassFacts: Readonly<Record<DriftClass, DriftClassFacts>> = {
  failed: {
    label: 'Failed',
    meaning: 'could not be read, rendered or embedded: a dead letter',
    repair: 'tried again',
    color: 'red',
    icon: IconAlertOctagon,
  },
  missing: {
    label: 'Missing',
    meaning: 'in the source, not indexed',
    repair: 'embedded and added',
    color: 'blue',
    icon: IconHelpOctagon,
  },
  outdated: {
    label: 'Outdated',
    meaning: 'embedded with another template, chunking or model than today’s',
    repair: 'embedded anew',
    color: 'violet',
    icon: IconRecycle,
  },
  stale: {
    label: 'Stale',
    meaning: 'its text in the source differs from what was embedded',
    repair: 'embedded anew',
    color: 'orange',
    icon: IconClockEdit,
  },
  orphaned: {
    label: 'Orphaned',
    meaning: 'indexed, gone from the source',
    repair: 'deleted',
    color: 'pink',
    icon: IconUnlink,
  },
  lost: {
    label: 'Lost',
    meaning: 'in the catalog, not in the vector index',
    repair: 'added again from the catalog',
    color: 'cyan',
    icon: IconPlugConnectedX,
  },
  ghost: {
    label: 'Ghost',
    meaning: 'in the vector index, not in the catalog',
    repair: 'dropped from the index',
    color: 'grape',
    icon: IconGhost2,
  },
  corrupt: {
    label: 'Corrupt',
    meaning: 'its stored vector is damaged',
    repair: 'embedded anew',
    color: 'red',
    icon: IconBan,
  },
};
