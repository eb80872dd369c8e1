import {
  IconAdjustments,
  IconBrain,
  IconDatabase,
  IconFileCode,
  IconKey,
  IconPalette,
  IconTable,
  type Icon,
} from '@tabler/icons-react';

export interface Section {
  readonly name: SectionName;
  readonly title: string;
  readonly icon: Icon;
}

export type SectionName = 'workspace' | 'indexing' | 'types' | 'models' | 'appearance' | 'access' | 'file';

export const sections: readonly [Section, ...Section[]] = [
  { name: 'workspace', title: 'Workspace', icon: IconDatabase },
  { name: 'indexing', title: 'Indexing', icon: IconAdjustments },
  { name: 'types', title: 'Entity types', icon: IconTable },
  { name: 'models', title: 'Models', icon: IconBrain },
  { name: 'appearance', title: 'Appearance', icon: IconPalette },
  { name: 'access', title: 'Access', icon: IconKey },
  { name: 'file', title: 'plumbline.yaml', icon: IconFileCode },
];
