/** One dead letter: what went wrong, what it was about, and what can be done. */
import { Alert, Anchor, Group, Stack, Text, Title } from '@mantine/core';
import { IconAlertOctagon, IconBan } from '@tabler/icons-react';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { DeadLetter } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import facts from '../../components/entity/fact-list.module.css';
import { Fact } from '../../components/entity/fact.tsx';
import { KeyFact } from '../../components/entity/key-fact.tsx';
import { SourceFields } from '../../components/entity/source-fields.tsx';
import { RowsLoading } from '../../components/loading.tsx';
import { LongText } from '../../components/long-text.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import { formatPlural } from '../../format.ts';
import { addressOf } from '../../addresses.ts';
import { SelectedActions } from './letter-actions.tsx';
import { codeFacts, stageLabels } from './letter-codes.ts';
import { choose } from './letter-selection.ts';

interface LetterDetailProps {
  readonly open: { readonly entityType: string; readonly key: string };
  /** Something was done with it. */
  readonly onDone: () => void;
}

export function LetterDetail({ open, onDone }: LetterDetailProps): JSX.Element {
  const { data, error, refetch } = useOperation('entity', open);
  if (error !== null && data === undefined)
    return (
      <ProblemView title="The dead letter cannot be read" error={error} onRetry={() => void refetch()} />
    );
  if (data === undefined) return <RowsLoading rows={5} />;
  const { deadLetter: letter, source, sourceError } = data;
  if (letter === null)
    return <Text>It is no dead letter any more: a later try has succeeded, or its row is gone.</Text>;
  return (
    <Stack gap="md">
      <Failure letter={letter} />
      <Group gap="xs">
        <SelectedActions selection={choose(new Map(), [letter], true)} onDone={onDone} />
      </Group>
      <LetterFacts letter={letter} />
      <section>
        <Title order={3} mb={6}>
          Text
        </Title>
        {letter.text === null ? (
          <Text size="sm" c="dimmed">
            There is none: it failed before it had been rendered.
          </Text>
        ) : (
          <div className="breakable">
            <LongText text={letter.text} />
          </div>
        )}
      </section>
      {sourceError !== null && <ProblemView title="The source cannot be asked" error={sourceError} />}
      {source !== null && <SourceFields fields={source.fields} />}
    </Stack>
  );
}

function Failure({ letter }: { readonly letter: DeadLetter }): JSX.Element {
  const { meaning, remedy } = codeFacts(letter);
  return (
    <>
      <Alert
        color="red"
        icon={<IconAlertOctagon aria-hidden />}
        title={`${stageLabels[letter.stage]} failed: ${meaning}`}
      >
        <Text size="sm" className="breakable" mb={4}>
          {letter.message}
        </Text>
        <Text size="sm">{remedy}</Text>
      </Alert>
      {letter.excluded !== null && (
        <Alert color="gray" icon={<IconBan aria-hidden />} title="Excluded">
          <Text size="sm" className="breakable">
            {letter.excluded.reason} (<TimeAgo at={letter.excluded.at} />)
          </Text>
        </Alert>
      )}
    </>
  );
}

function LetterFacts({ letter }: { readonly letter: DeadLetter }): JSX.Element {
  return (
    <dl className={facts.facts ?? ''}>
      <Fact name="Code">
        <span className="mono">{letter.code}</span>
      </Fact>
      <KeyFact values={letter.keyValues} />
      <Fact name="Attempts">{formatPlural(letter.attempts, 'attempt', 'attempts')}</Fact>
      <Fact name="First failed">
        <TimeAgo at={letter.firstAt} />
      </Fact>
      <Fact name="Last tried">
        <TimeAgo at={letter.lastAt} /> by{' '}
        <Anchor component={Link} href={addressOf.job(letter.jobId)} size="sm" underline="always">
          job {letter.jobId}
        </Anchor>
      </Fact>
    </dl>
  );
}
