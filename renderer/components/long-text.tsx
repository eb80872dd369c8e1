import { Button } from '@mantine/core';
import { useState, type JSX } from 'react';
import { formatCount } from '../format.ts';

/** Characters shown at first. */
const SHOWN = 600;

/** A text of any length: its beginning, and the rest on demand. */
export function LongText({ text }: { readonly text: string }): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  // A little more is shown at once, rather than a button.
  if (isWhole || text.length <= SHOWN * 1.2) return <span style={{ whiteSpace: 'pre-wrap' }}>{text}</span>;
  return (
    <span style={{ whiteSpace: 'pre-wrap' }}>
      {text.slice(0, SHOWN).toWellFormed()} …{' '}
      <Button size="compact-xs" variant="default" onClick={() => setWhole(true)}>
        Show {formatCount(text.length - SHOWN)} more characters
      </Button>
    </span>
  );
}
