import type { JSX, ReactNode } from 'react';
import classes from './settings.module.css';

interface CodeBlockProps {
  /** What it is. */
  readonly label: string;
  readonly children: ReactNode;
  readonly maxHeight?: number;
}

/** It scrolls, and only what has the focus scrolls by keyboard. */
const SCROLLS = { tabIndex: 0, role: 'region' } as const;

/** Text of a file, line by line. */
export function CodeBlock({ label, children, maxHeight }: CodeBlockProps): JSX.Element {
  return (
    <pre {...SCROLLS} className={classes.code} aria-label={label} style={{ maxHeight }}>
      {children}
    </pre>
  );
}
