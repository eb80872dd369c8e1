import type { JSX } from 'react';
import type { Entity } from '../../../engine/contract.ts';
import { Fact } from './fact.tsx';
import classes from './fact-list.module.css';
import { describeKeyValue } from './key-value.ts';

/** A key's values with their types. */
export function KeyFact({ values }: { readonly values: Entity['keyValues'] }): JSX.Element {
  return (
    <Fact name="Key">
      {values.map(describeKeyValue).map(({ type, text }, i) => (
        // The columns of a key have an order and no names here.
        <div key={i}>
          <span className="mono">{text}</span> <span className={classes.kind}>{type}</span>
        </div>
      ))}
    </Fact>
  );
}
