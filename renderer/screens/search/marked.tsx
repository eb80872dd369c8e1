import { Mark } from '@mantine/core';
import type { JSX, ReactNode } from 'react';

interface MarkedProps {
  readonly text: string;
  /** UTF-16 offsets, [start, end), in order and disjoint. */
  readonly spans: readonly (readonly [start: number, end: number])[];
}

/** A text with some of its words marked. */
export function Marked({ text, spans }: MarkedProps): JSX.Element {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const [start, end] of spans) {
    parts.push(text.slice(at, start), <Mark key={start}>{text.slice(start, end)}</Mark>);
    at = end;
  }
  return (
    <>
      {parts}
      {text.slice(at)}
    </>
  );
}
