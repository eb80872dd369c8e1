import type { JSX } from 'react';
import type { Hit, SearchMode } from '../../../engine/contract.ts';
import { reasonsFor } from './reasons.ts';
import classes from './hit.module.css';

export function HitReasons({ hit, mode }: { readonly hit: Hit; readonly mode: SearchMode }): JSX.Element {
  return (
    <dl className={classes.facts ?? ''}>
      {reasonsFor(hit, mode).map(({ name, says }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="numeric breakable">{says}</dd>
        </div>
      ))}
    </dl>
  );
}
