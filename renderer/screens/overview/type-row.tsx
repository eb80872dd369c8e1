import { Text, Title } from '@mantine/core';
import { useState, type JSX } from 'react';
import { Link } from 'wouter';
import type { PastReport } from '../../../engine/contract.ts';
import { DriftLinks } from '../../components/drift-links.tsx';
import { rowsOf } from '../../components/job-facts.ts';
import { jobKindLooks } from '../../components/job-kinds.ts';
import { JobProgress } from '../../components/job-progress.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { formatCount, formatPercent, formatPlural } from '../../format.ts';
import { addressOf } from '../../addresses.ts';
import { hasBroken } from '../../state/job-states.ts';
import { useIsWaiting } from '../../state/waiting.ts';
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
  const isWaiting = useIsWaiting(entityType);
  const action = nextAction(facts, openedAt);
  return (
    <li className={classes.row}>
      <div className={classes.name}>
        <Title order={3} className="breakable" fz="md" lineClamp={3} title={entityType}>
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
      {report === null ? (
        <Text size="sm" c="dimmed" className={classes.unknown ?? ''}>
          {action.kind === 'index' ? 'Not indexed yet' : 'Not validated yet'}
        </Text>
      ) : (
        <div className={classes.share}>
          <Text fw={650} fz="lg" className="numeric" lh={1.2}>
            {formatPercent(report.inSyncPercent)}
          </Text>
          <Text size="xs" c="dimmed">
            in sync
          </Text>
        </div>
      )}
      {report !== null && (
        <div className={classes.course}>
          <Sparkline
            label={`In sync share of ${entityType}`}
            points={history.map(({ finishedAt, inSyncPercent }) => ({
              at: finishedAt,
              percent: inSyncPercent,
            }))}
          />
        </div>
      )}
      {action.kind === 'progress' ? (
        <Link href={addressOf.job(action.job.id)} className={classes.progress ?? ''}>
          <JobProgress job={action.job} />
        </Link>
      ) : (
        <>
          <div className={classes.state}>
            {isWaiting ? (
              <Text size="sm">Waits for its turn</Text>
            ) : action.kind === 'resume' ? (
              <Text size="sm" className="numeric">
                {jobKindLooks[action.job.kind].label} stopped at {rowsOf(action.job)}
              </Text>
            ) : report === null ? null : report.state === 'in_sync' ? (
              <Text size="sm" c="dimmed">
                No drift found
              </Text>
            ) : (
              <DriftLinks entityType={entityType} drift={driftOf(report)} />
            )}
          </div>
          <TypeTimes job={job} report={report} />
        </>
      )}
      <div className={classes.actions}>
        <PrimaryAction entityType={entityType} action={action} starts={starts} isWaiting={isWaiting} />
        <TypeMenu entityType={entityType} starts={starts} />
      </div>
      {job !== null && job.error !== null && hasBroken(job) && (
        <Text
          size="sm"
          c="var(--mantine-color-error)"
          className={`breakable ${classes.error ?? ''}`}
          lineClamp={3}
        >
          {job.error.message}
          {job.error.hint === null ? '' : ` ${job.error.hint}`}
        </Text>
      )}
    </li>
  );
}
