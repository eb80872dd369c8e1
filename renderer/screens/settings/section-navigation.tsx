import type { JSX } from 'react';
import { Link } from 'wouter';
import { addressOf } from '../../addresses.ts';
import { sections, type SectionName } from './sections.ts';
import classes from './settings.module.css';

export function SectionNavigation({ here }: { readonly here: SectionName }): JSX.Element {
  return (
    <nav aria-label="Settings">
      <ul className={classes.sections}>
        {sections.map(({ name, title, icon: Icon }) => (
          <li key={name}>
            <Link
              href={addressOf.settings(name)}
              className={classes.sectionLink ?? ''}
              aria-current={name === here ? 'page' : undefined}
            >
              <Icon size={17} stroke={1.7} aria-hidden />
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
