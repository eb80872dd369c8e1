import { Anchor, Button, Group, Text, Tooltip } from '@mantine/core';
import { useState, type JSX } from 'react';
import { Link } from 'wouter';
import type { Hit, SearchMode } from '../../../engine/contract.ts';
import { formatCount } from '../../format.ts';
import { addressOf } from '../../addresses.ts';
import { describeKeyValue } from '../../components/entity/key-value.ts';
import { HitDocument } from './hit-document.tsx';
import { HitFields } from './hit-fields.tsx';
import { HitReasons } from './hit-reasons.tsx';
import { Marked } from './marked.tsx';
import { precise } from './reasons.ts';
import classes from './hit.module.css';

interface HitCardProps {
  readonly entityType: string;
  readonly hit: Hit;
  readonly mode: SearchMode;
  /** From 1. */
  readonly place: number;
}

const parts = { why: 'Why this hit', document: 'Whole document', fields: 'Source fields' } as const;
type Part = keyof typeof parts;

export function HitCard({ entityType, hit, mode, place }: HitCardProps): JSX.Element {
  const [open, setOpen] = useState<Part | null>(null);
  const types = hit.keyValues.map((value) => describeKeyValue(value).type).join(', ');
  return (
    // The arrows go from hit to hit.
    <article className={classes.hit ?? ''} data-hit tabIndex={-1} aria-label={`Hit ${place}: ${hit.key}`}>
      <Group justify="space-between" gap="sm" wrap="nowrap" align="flex-start">
        <Group gap={8} miw={0}>
          <Text span size="sm" c="dimmed" className="numeric" miw={20}>
            {formatCount(place)}
          </Text>
          <Tooltip label={`Key (${types}): show what is known of it`}>
            <Anchor
              component={Link}
              href={`${addressOf.drift(entityType)}?${new URLSearchParams({ key: hit.key })}`}
              className="mono breakable"
              fw={600}
            >
              {hit.key}
            </Anchor>
          </Tooltip>
        </Group>
        <Text span size="sm" className="numeric" fw={600} title="Score">
          {precise(hit.score)}
        </Text>
      </Group>
      <p className={`breakable ${classes.excerpt ?? ''}`}>
        {hit.chunk.start > 0 && '… '}
        <Marked text={hit.excerpt} spans={hit.matches} />
        {hit.chunk.end < hit.text.length && ' …'}
      </p>
      <Group gap={4}>
        {(Object.keys(parts) as Part[]).map((part) => (
          <Button
            key={part}
            size="compact-xs"
            variant={open === part ? 'light' : 'subtle'}
            aria-expanded={open === part}
            onClick={() => setOpen(open === part ? null : part)}
          >
            {parts[part]}
          </Button>
        ))}
      </Group>
      {open === 'why' && <HitReasons hit={hit} mode={mode} />}
      {open === 'document' && <HitDocument hit={hit} />}
      {open === 'fields' && <HitFields entityType={entityType} entityKey={hit.key} />}
    </article>
  );
}
