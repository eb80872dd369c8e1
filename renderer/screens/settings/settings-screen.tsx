import type { JSX } from 'react';
import { useParams } from 'wouter';
import { ScreenHeader } from '../../components/screen-header.tsx';
import { AccessSection } from './access-section.tsx';
import { AppearanceSection } from './appearance-section.tsx';
import { FileSection } from './file-section.tsx';
import { IndexingSection } from './indexing-section.tsx';
import { ModelsSection } from './models-section.tsx';
import { SectionNavigation } from './section-navigation.tsx';
import { sections, type SectionName } from './sections.ts';
import classes from './settings.module.css';
import { TypesSection } from './types-section.tsx';
import { UnsavedChanges } from './unsaved-changes.tsx';
import { WorkspaceSection } from './workspace-section.tsx';

/** What a person can set, in sections; what was changed and not saved is in sight in all of them. */
export function SettingsScreen(): JSX.Element {
  const { section } = useParams<{ section?: string }>();
  const here = sections.find(({ name }) => name === section) ?? sections[0];
  return (
    <>
      <ScreenHeader title="Settings" />
      <div className={classes.layout}>
        <SectionNavigation here={here.name} />
        <div className={classes.section}>
          <SectionContent name={here.name} />
          <UnsavedChanges />
        </div>
      </div>
    </>
  );
}

function SectionContent({ name }: { readonly name: SectionName }): JSX.Element {
  switch (name) {
    case 'workspace':
      return <WorkspaceSection />;
    case 'indexing':
      return <IndexingSection />;
    case 'types':
      return <TypesSection />;
    case 'models':
      return <ModelsSection />;
    case 'appearance':
      return <AppearanceSection />;
    case 'access':
      return <AccessSection />;
    case 'file':
      return <FileSection />;
    default:
      return name satisfies never;
  }
}
