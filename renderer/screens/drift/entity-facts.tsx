import { Anchor, Title } from '@mantine/core';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { Entity } from '../../../engine/contract.ts';
import { LongText } from '../../components/long-text.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import { formatCount, formatPlural } from '../../format.ts';
import { addressOf } from '../../addresses.ts';
import classes from '../../components/entity/fact-list.module.css';
import { Fact } from '../../components/entity/fact.tsx';
import { KeyFact } from '../../components/entity/key-fact.tsx';

/** The key with its types, and how what is indexed came to be. */
export function EntityFacts({ entity }: { readonly entity: Entity }): JSX.Element {
  const { keyValues, indexed } = entity;
  return (
    <section>
      <Title order={3} mb={6}>
        Key and index
      </Title>
      <dl className={classes.facts ?? ''}>
        <KeyFact values={keyValues} />
        {indexed === null ? (
          <Fact name="Index">not indexed</Fact>
        ) : (
          <>
            <Fact name="Written">
              <TimeAgo at={indexed.writtenAt} /> by{' '}
              <Anchor component={Link} href={addressOf.job(indexed.jobId)} size="sm" underline="always">
                job {indexed.jobId}
              </Anchor>
            </Fact>
            <Fact name="Model">
              {indexed.model.name} ({formatPlural(indexed.model.dimensions, 'dimension', 'dimensions')})
            </Fact>
            <Fact name="Template">
              <span className="mono breakable">
                <LongText text={indexed.recipe.template} />
              </span>
            </Fact>
            <Fact name="Chunks">
              {indexed.chunks.length === 0
                ? 'none: its text is empty'
                : indexed.chunks
                    .map(
                      ({ start, end, tokens }) =>
                        `characters ${formatCount(start)}–${formatCount(end)} (${formatPlural(tokens, 'token', 'tokens')})`,
                    )
                    .join('; ')}
            </Fact>
            <Fact name="Generation">{formatCount(indexed.generation)}</Fact>
          </>
        )}
      </dl>
    </section>
  );
}
