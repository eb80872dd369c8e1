import type { JSX, ReactNode } from 'react';

interface FactProps {
  readonly name: string;
  readonly children: ReactNode;
}

/** A row of a list of facts: inside a `dl`. */
export function Fact({ name, children }: FactProps): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="breakable numeric">{children}</dd>
    </div>
  );
}
