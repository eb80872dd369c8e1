/** Whether what the catalog holds of an entity's text is still what was embedded. Pure. */
import type { StoredChunk, StoredDocument } from '../../catalog/audit.ts';
import { textHash } from '../../checksum.ts';

/** What is damaged, as a clause; null where documents and chunks are what was embedded. */
export function textProblem(stored: StoredDocument, chunks: readonly StoredChunk[]): string | null {
  const { document } = stored;
  if (!textHash(document).equals(stored.textHash)) return 'the stored document is damaged (checksum)';
  const wrong = chunks.find(
    (chunk) => chunk.textHash !== null && !hashOf(stored, chunk).equals(chunk.textHash),
  );
  return wrong === undefined
    ? null
    : `chunk ${wrong.ordinal + 1} is not the text that its vector was made of`;
}

/** The document's own hash was checked: the one chunk of a short document needs no second one. */
function hashOf({ document, textHash: whole }: StoredDocument, { start, end }: StoredChunk): Buffer {
  return start === 0 && end === document.length ? whole : textHash(document.slice(start, end));
}

/**
 * Whether no chunk is missing: they are numbered through and cover every character that is not white. (Chunks overlap, so
 * that either alone proves little.) A text of which the tokenizer sees nothing has no chunk and is in order all the same.
 */
export function isComplete(document: string, chunks: readonly StoredChunk[]): boolean {
  let covered = 0;
  for (const [i, { ordinal, start, end }] of chunks.entries()) {
    if (ordinal !== i || (start > covered && hasText(document.slice(covered, start)))) return false;
    covered = Math.max(covered, end);
  }
  return !hasText(document.slice(covered));
}

const hasText = (text: string): boolean => /\S/.test(text);
