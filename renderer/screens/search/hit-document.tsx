import { Text } from '@mantine/core';
import type { JSX } from 'react';
import type { Hit } from '../../../engine/contract.ts';
import classes from './hit.module.css';

/** All that is embedded of the entity; the passage that was found stands out. */
export function HitDocument({ hit }: { readonly hit: Hit }): JSX.Element {
  const { text, chunk } = hit;
  return (
    <div
      className={`breakable ${classes.document ?? ''}`}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls is reached by keyboard
      tabIndex={0}
      role="region"
      aria-label="Whole document"
    >
      <Text span inherit c="dimmed">
        {text.slice(0, chunk.start)}
      </Text>
      <span>{text.slice(chunk.start, chunk.end)}</span>
      <Text span inherit c="dimmed">
        {text.slice(chunk.end)}
      </Text>
    </div>
  );
}
