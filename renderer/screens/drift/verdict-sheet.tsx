/** What the latest validation found, on what grounds, and what it did not look at. */
import { Anchor, Badge, Card, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import type { JSX, ReactNode } from 'react';
import { Link } from 'wouter';
import type { Report } from '../../../engine/contract.ts';
import { TimeAgo } from '../../components/time-ago.tsx';
import { formatCount, formatDuration, formatPercent } from '../../format.ts';
import { addressOf } from '../../addresses.ts';
import { DeepResults } from './deep-results.tsx';
import classes from './verdict-sheet.module.css';

export function VerdictSheet({ report }: { readonly report: Report }): JSX.Element {
  const isInSync = report.state === 'in_sync';
  return (
    <Card className="card" component="section" aria-label={`Verdict on ${report.entityType}`} padding="sm">
      <dl className={classes.facts ?? ''}>
        <Fact name="Verdict">
          <Group gap={8} wrap="nowrap">
            <Badge
              size="lg"
              tt="none"
              color={isInSync ? 'green' : 'orange'}
              leftSection={
                isInSync ? <IconCheck size={14} aria-hidden /> : <IconAlertTriangle size={14} aria-hidden />
              }
            >
              {isInSync ? 'In sync' : 'Drifted'}
            </Badge>
            <span className={`numeric ${classes.figure ?? ''}`}>{formatPercent(report.inSyncPercent)}</span>
          </Group>
        </Fact>
        <Fact name="Rows read">{formatCount(report.source)}</Fact>
        <Fact name="Indexed">{formatCount(report.indexed)}</Fact>
        {report.excluded > 0 && <Fact name="Excluded">{formatCount(report.excluded)}</Fact>}
        <Fact name="Read as">{report.snapshot ? 'one snapshot' : 'the source changed meanwhile'}</Fact>
        <Fact name="Validated">
          <TimeAgo at={report.finishedAt} />
          <Text span size="sm" c="dimmed">
            {' '}
            in {formatDuration(report.durationMs)} ·{' '}
            <Anchor component={Link} href={addressOf.job(report.jobId)} size="sm" underline="always">
              job {report.jobId}
            </Anchor>
          </Text>
        </Fact>
      </dl>
      {report.notChecked.length > 0 && (
        <Text size="sm" c="dimmed" mt={6} className="breakable">
          Not checked: {report.notChecked.join('; ')}.
        </Text>
      )}
      {report.deep !== null && <DeepResults deep={report.deep} />}
    </Card>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="numeric">{children}</dd>
    </div>
  );
}
