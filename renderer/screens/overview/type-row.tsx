import { Text, Title } from '@mantine/core';
import { useState, type JSX } from 'react';
import { Link } from 'wouter';
import type { PastReport } from '../../../engine/contract.ts';
import { DriftLinks } from '../../components/drift-links.tsx';
import { JobProgress } from '../../components/job-progress.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { formatCount, formatPercent, formatPlural } from '../../format.ts';
import { addressOf } from '../../screens.ts';
import { PrimaryAction } from './primary-action.tsx';
import { TypeMenu } from './type-menu.tsx';
import classes from './type-row.module.css';
import { driftOf, nextAction, type TypeFacts } from './type-state.ts';
import { TypeTimes } from './type-times.tsx';
import { useTypeStarts } from './use-type-starts.ts';

interface TypeRowProps {
  readonly facts: TypeFacts;
  /** Its past validations, oldest first. */
  readonly history: readonly PastReport[];
}

/** An entity type: how true its index is, what happened to it last, and what to do next. */
export function TypeRow({ facts, history }: TypeRowProps): JSX.Element {
  const { entityType, job, report } = facts;
  const [openedAt] = useState(Date.now);
  const starts = useTypeStarts(entityType);
  const action = nextAction(facts, openedAt);
  return (
    <li className={classes.row}>
      <div className={classes.name}>
        <Title order={3} className="breakable" fz="md">
          {entityType}
        </Title>
        <Text size="sm" c="dimmed" className="numeric">
          {report === null
            ? ''
            : report.indexed === report.source
              ? formatPlural(report.source, 'row', 'rows')
              : `${formatPlural(report.source, 'row', 'rows')}, ${formatCount(report.indexed)} indexed`}
        </Text>
      </div>
      <div className={classes.share}>
        {report === null ? (
          <Text size="sm" c="dimmed">
            {action.kind === 'index' ? 'Not indexed yet' : 'Not validated yet'}
          </Text>
        ) : (
          <>
            <Text fw={650} fz="lg" className="numeric" lh={1.2}>
              {formatPercent(report.inSyncPercent)}
            </Text>
            <Text size="xs" c="dimmed">
              in sync
            </Text>
          </>
        )}
      </div>
      <div className={classes.course}>
        <Sparkline
          label={`In sync share of ${entityType}`}
          points={history.map(({ finishedAt, inSyncPercent }) => ({
            at: finishedAt,
            percent: inSyncPercent,
          }))}
        />
      </div>
      <div className={classes.state}>
        {action.kind === 'progress' ? (
          <Link href={addressOf.job(action.job.id)} className={classes.progress ?? ''}>
            <JobProgress job={action.job} />
          </Link>
        ) : report === null ? null : report.state === 'in_sync' ? (
          <Text size="sm" c="dimmed">
            No drift found
          </Text>
        ) : (
          <DriftLinks entityType={entityType} drift={driftOf(report)} />
        )}
      </div>
      <TypeTimes job={job} report={report} />
      <div className={classes.actions}>
        <PrimaryAction entityType={entityType} action={action} starts={starts} />
        <TypeMenu entityType={entityType} starts={starts} />
      </div>
      {job !== null && job.error !== null && job.state !== 'running' && (
        <Text size="sm" c="error" className={`breakable ${classes.error ?? ''}`} lineClamp={3}>
          {job.error.message}
          {job.error.hint === null ? '' : ` ${job.error.hint}`}
        </Text>
      )}
    </li>
  );
}
