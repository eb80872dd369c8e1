import { useRef, type JSX, type KeyboardEvent } from 'react';
import type { Hit, SearchMode } from '../../../engine/contract.ts';
import { HitCard } from './hit-card.tsx';
import classes from './hit.module.css';

interface HitListProps {
  readonly entityType: string;
  readonly hits: readonly Hit[];
  readonly mode: SearchMode;
  /** Another answer is awaited. */
  readonly isOld: boolean;
}

export function HitList({ entityType, hits, mode, isOld }: HitListProps): JSX.Element {
  const list = useRef<HTMLOListElement>(null);
  const press = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const cards = [...(list.current?.querySelectorAll<HTMLElement>('[data-hit]') ?? [])];
    const at = cards.findIndex((card) => card === document.activeElement);
    // Arrows inside of a hit are its own.
    if (step === 0 || at < 0) return;
    event.preventDefault();
    if (at + step < 0) document.querySelector<HTMLElement>('[role=search] input')?.focus();
    else cards[at + step]?.focus();
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys of the hits in it
    <ol
      ref={list}
      className={classes.list ?? ''}
      aria-label="Hits"
      aria-busy={isOld}
      data-old={isOld || undefined}
      onKeyDown={press}
    >
      {hits.map((hit, i) => (
        <li key={hit.key}>
          <HitCard entityType={entityType} hit={hit} mode={mode} place={i + 1} />
        </li>
      ))}
    </ol>
  );
}
