import { Card, Skeleton, Stack, Text } from '@mantine/core';
import type { JSX, ReactNode } from 'react';
import type { EngineState } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import { TimeAgo } from '../../components/time-ago.tsx';
import { useConnection } from '../../state/connection.ts';
import classes from './connection-card.module.css';

/** The engine looks at the source every few seconds at most. */
const LOOK_MS = 10_000;

/** Whether the engine answers and the source can be read, and since when that is known. */
export function ConnectionCard(): JSX.Element {
  const { state, lastContactAt } = useConnection();
  const { data: engine } = useOperation('engine', {}, { everyMs: LOOK_MS });
  return (
    <Card className="card" padding="md" h="100%" component="section" aria-label="Connections">
      <Stack gap={10} justify="center" h="100%">
        <Line
          name="Engine"
          isWell={state === 'connected'}
          state={state === 'connected' ? 'connected' : state === 'lost' ? 'does not answer' : 'connecting'}
        >
          {lastContactAt === null ? (
            'no contact yet'
          ) : (
            <>
              last contact <TimeAgo at={lastContactAt} />
            </>
          )}
        </Line>
        {engine === undefined ? <Skeleton h={40} /> : <SourceLine source={engine.source} />}
      </Stack>
    </Card>
  );
}

function SourceLine({ source }: Pick<EngineState, 'source'>): JSX.Element {
  return (
    <Line
      name="Source"
      isWell={source.reachable}
      state={source.reachable ? 'reachable' : 'cannot be reached'}
    >
      {source.name} ({source.kind}) · looked at <TimeAgo at={source.checkedAt} />
      {source.error !== null && (
        <Text span display="block" size="sm" c="var(--mantine-color-error)" className="breakable">
          {source.error.message} {source.error.hint}
        </Text>
      )}
    </Line>
  );
}

interface LineProps {
  readonly name: string;
  readonly isWell: boolean;
  readonly state: string;
  readonly children: ReactNode;
}

function Line({ name, isWell, state, children }: LineProps): JSX.Element {
  return (
    <div className={classes.line}>
      <span className={classes.dot} data-well={isWell || undefined} aria-hidden />
      <div className="breakable">
        <Text size="sm" fw={600}>
          {name} {state}
        </Text>
        <Text size="sm" c="dimmed" component="div" className="numeric">
          {children}
        </Text>
      </div>
    </div>
  );
}
