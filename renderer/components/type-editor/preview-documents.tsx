import { Loader, Stack, Text } from '@mantine/core';
import type { JSX } from 'react';
import { formatPlural } from '../../format.ts';
import { RowsLoading } from '../loading.tsx';
import classes from './type-editor.module.css';
import type { Preview, PreviewDocument } from './use-preview.ts';

interface PreviewDocumentsProps {
  readonly preview: Preview;
  /** What has to be given before there can be a preview; null where nothing has. */
  readonly waitsFor: string | null;
}

/** The documents of the first rows. */
export function PreviewDocuments({ preview, waitsFor }: PreviewDocumentsProps): JSX.Element {
  const { documents, isBehind, error } = preview;
  return (
    <section className={classes.preview} aria-label="Preview" aria-busy={isBehind}>
      <div className={classes.previewHead}>
        <Text size="sm" fw={500}>
          {error === null ? 'Preview of the first rows' : 'Preview, as it was before the mistake'}
        </Text>
        {isBehind && error === null && waitsFor === null && <Loader size={14} aria-label="Reading rows" />}
      </div>
      {documents === null ? (
        waitsFor !== null || error !== null ? (
          <Text size="sm" c="dimmed">
            {waitsFor === null ? 'Nothing to show yet.' : `${waitsFor} to see what it makes of the rows.`}
          </Text>
        ) : (
          <RowsLoading rows={3} />
        )
      ) : documents.length === 0 ? (
        <Text size="sm" c="dimmed">
          No row meets the condition, or there is none.
        </Text>
      ) : (
        <Stack gap="sm">
          {documents.map((document) => (
            <Document key={document.key} document={document} />
          ))}
        </Stack>
      )}
    </section>
  );
}

function Document({
  document: { key, text, tokens, chunks, error },
}: {
  document: PreviewDocument;
}): JSX.Element {
  return (
    <article className={classes.document}>
      <header className={classes.documentHead}>
        <span className="mono breakable">{key}</span>
        <span className="numeric">
          {tokens === null ? '' : formatPlural(tokens, 'token', 'tokens')}
          {chunks === null ? '' : ` · ${formatPlural(chunks, 'chunk', 'chunks')}`}
        </span>
      </header>
      {error === null ? (
        <pre className={classes.text}>
          {text === '' ? <em>Empty: this row is in sync, and found by no search.</em> : text}
        </pre>
      ) : (
        <Text size="sm" c="var(--mantine-color-error)" p="sm">
          {error.message}
        </Text>
      )}
    </article>
  );
}
