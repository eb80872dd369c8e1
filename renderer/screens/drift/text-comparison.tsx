import { Button, SegmentedControl, Text, Title } from '@mantine/core';
import { useMemo, useState, type JSX } from 'react';
import { formatCount, formatPlural } from '../../format.ts';
import classes from './text-comparison.module.css';
import { bound, condense, wordDiff, type Piece, type WordDiff } from './word-diff.ts';

interface TextComparisonProps {
  /** Null where nothing is indexed. */
  readonly indexed: string | null;
  /** Null where the source has none: `currentMissing` says why. */
  readonly current: string | null;
  readonly currentMissing: string;
}

const whole = (text: string | null): Piece[] => (text === null ? [] : [{ text, isChanged: false }]);

/** What is indexed and what the source says now, beside each other, with the words that differ marked. */
export function TextComparison({ indexed, current, currentMissing }: TextComparisonProps): JSX.Element {
  const diff = useMemo<WordDiff | null>(
    () => (indexed === null || current === null ? null : wordDiff(indexed, current)),
    [indexed, current],
  );
  const isSame = diff !== null && indexed === current;
  const [isWhole, setWhole] = useState(false);
  const hasLeftOut =
    diff !== null &&
    !isSame &&
    condense([...diff.indexed, ...diff.current]).length > diff.indexed.length + diff.current.length;
  return (
    <section aria-label="Texts">
      {isSame && (
        <Text size="sm" c="dimmed" mb={6}>
          The source says what is indexed, word for word.
        </Text>
      )}
      {diff?.detail === 'large' && (
        <Text size="sm" c="dimmed" mb={6}>
          These texts are too long or too different to be compared word by word: everything between their
          common beginning and end is marked as one change.
        </Text>
      )}
      {hasLeftOut && (
        <SegmentedControl
          size="xs"
          mb={8}
          aria-label="How much of the texts"
          value={isWhole ? 'whole' : 'changes'}
          onChange={(value) => setWhole(value === 'whole')}
          data={[
            { value: 'changes', label: 'Around the changes' },
            { value: 'whole', label: 'Whole texts' },
          ]}
        />
      )}
      <div className={classes.sides ?? ''}>
        <Side
          title="Indexed"
          pieces={diff?.indexed ?? whole(indexed)}
          isCondensed={!isWhole && !isSame}
          kind="removed"
          missing={indexed === null ? 'Nothing is indexed.' : null}
        />
        <Side
          title="In the source now"
          pieces={diff?.current ?? whole(current)}
          isCondensed={!isWhole && !isSame}
          kind="added"
          missing={current === null ? currentMissing : null}
        />
      </div>
    </section>
  );
}

interface SideProps {
  readonly title: string;
  readonly pieces: readonly Piece[];
  readonly isCondensed: boolean;
  readonly kind: 'added' | 'removed';
  /** Why there is no text; null where there is. */
  readonly missing: string | null;
}

function Side({ title, pieces, isCondensed, kind, missing }: SideProps): JSX.Element {
  const [isBounded, setBounded] = useState(true);
  const { shown, cutOff } = bound(isCondensed ? condense(pieces) : pieces, isBounded ? undefined : Infinity);
  const Mark = kind === 'added' ? 'ins' : 'del';
  return (
    <div className={classes.side ?? ''}>
      <Title order={3} fz="xs" c="dimmed">
        {title}
      </Title>
      {missing !== null ? (
        <Text size="sm" c="dimmed" fs="italic">
          {missing}
        </Text>
      ) : (
        <div className={`breakable ${classes.text ?? ''}`}>
          {shown.length === 0 && (
            <Text span size="sm" c="dimmed" fs="italic">
              An empty text
            </Text>
          )}
          {shown.map((piece, i) =>
            'leftOut' in piece ? (
              <span key={i} className={classes.leftOut ?? ''}>
                {formatPlural(piece.leftOut, 'unchanged character', 'unchanged characters')}
              </span>
            ) : piece.isChanged ? (
              <Mark key={i} className={classes[kind] ?? ''}>
                {piece.text}
              </Mark>
            ) : (
              <span key={i}>{piece.text}</span>
            ),
          )}
        </div>
      )}
      {cutOff > 0 && (
        <Button size="compact-xs" variant="default" onClick={() => setBounded(false)}>
          Show {formatCount(cutOff)} more characters
        </Button>
      )}
    </div>
  );
}
