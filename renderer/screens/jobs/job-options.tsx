import { Card, Code, Stack, Text, Title } from '@mantine/core';
import type { JSX, ReactNode } from 'react';
import type { Audit } from '../../../engine/contract.ts';
import { stringify } from '../../../engine/json.ts';
import { formatCount, formatPlural } from '../../format.ts';

/** What a job was asked for, and what it embedded with. */
export function JobOptions({ audit }: { readonly audit: Audit }): JSX.Element {
  const { options, recipe, generation } = audit;
  const given = Object.entries(options);
  return (
    <Card className="card" padding="md" component="section" aria-label="How it ran">
      <Title order={2} mb="sm">
        How it ran
      </Title>
      <Stack gap="sm" component="dl" m={0}>
        <Fact name="Options">
          {given.length === 0 ? (
            'the configured ones'
          ) : (
            <Code block className="breakable" style={{ whiteSpace: 'pre-wrap' }}>
              {given.map(([name, value]) => `${name}: ${stringify(value)}`).join('\n')}
            </Code>
          )}
        </Fact>
        {recipe !== null && (
          <>
            <Fact name="Model">
              {recipe.model.name}, {formatPlural(recipe.model.dimensions, 'dimension', 'dimensions')}
            </Fact>
            <Fact name="Chunking">
              {recipe.recipe.chunking.maxTokens === null
                ? 'as much as the model takes'
                : formatPlural(recipe.recipe.chunking.maxTokens, 'token', 'tokens')}
              , {formatCount(recipe.recipe.chunking.overlapTokens)} overlapping
            </Fact>
            <Fact name="Template">
              <Code block className="breakable" style={{ whiteSpace: 'pre-wrap' }}>
                {recipe.recipe.template}
              </Code>
            </Fact>
            <Fact name="Recipe">
              <span className="mono breakable">{recipe.recipe.fingerprint}</span>
            </Fact>
          </>
        )}
        {generation !== null && (
          <Fact name="Index">
            {generation.number} ({generation.state})
            {generation.previous === null ? '' : `, in the place of ${generation.previous}`}
          </Fact>
        )}
      </Stack>
    </Card>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): JSX.Element {
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="sm" m={0}>
        {children}
      </Text>
    </div>
  );
}
