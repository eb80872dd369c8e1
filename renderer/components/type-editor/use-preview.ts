import { useDebouncedValue } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import type { SetupOutput } from '../../../engine/setup-contract.ts';
import { useSetup } from '../../api/queries.ts';
import { problemOf, toChosen, type TypeChoice } from './choice.ts';

/** After the last key that was pressed. */
const PAUSE_MS = 300;

export type PreviewDocument = SetupOutput<'previewTemplate'>['documents'][number];

export interface Preview {
  /** The newest that there are; those from before a mistake stay while it is being mended. Null before the first. */
  readonly documents: readonly PreviewDocument[] | null;
  /** What is wrong with template, key or filter. */
  readonly error: Error | null;
  /** The documents are not yet those of what is typed. */
  readonly isBehind: boolean;
}

/**
 * What a template makes of the first rows, as it is typed.
 * @param source absent for that of the open workspace.
 */
export function usePreview(
  name: string,
  choice: TypeChoice,
  source: string | undefined,
  model: string | undefined,
): Preview {
  const { key, template, filter } = choice;
  const wanted = useMemo(
    () => ({
      ...toChosen(name, { selected: true, key, template, filter }),
      ...(source === undefined ? {} : { source }),
      ...(model === undefined ? {} : { model }),
      limit: 5,
    }),
    [name, key, template, filter, source, model],
  );
  const [asked] = useDebouncedValue(wanted, PAUSE_MS);
  const isComplete = problemOf(choice) === null;
  const { data, error, isFetching } = useSetup('previewTemplate', asked, {
    enabled: isComplete && asked.key.length > 0,
  });
  const [shown, setShown] = useState<readonly PreviewDocument[] | null>(null);
  if (data !== undefined && data.documents !== shown) setShown(data.documents);

  const isAsked = asked === wanted;
  return {
    documents: data?.documents ?? shown,
    error: isComplete && isAsked ? error : null,
    isBehind: !isComplete || !isAsked || isFetching || error !== null,
  };
}
