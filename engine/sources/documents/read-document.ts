import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CellValue } from '../../cell.ts';
import { PlumblineError } from '../../errors.ts';
import { stampOf } from '../file-stamp.ts';
import { MAX_BYTES } from './kinds.ts';
import { parseDocumentFile } from './parse.ts';
import { isUnnameable, look, type FoundDocument } from './walk.ts';

/** What became of one file: its rows, or why it has none. A file's failure is its own. */
export interface ReadDocument {
  /** The file as it was when it was read. */
  readonly found: FoundDocument;
  /** What git calls a file of this content; '' where it could not be read. */
  readonly blob: string;
  readonly rows: readonly ReadonlyMap<string, CellValue>[];
  readonly error: PlumblineError | null;
}

const MAX_ATTEMPTS = 3;

/**
 * Reads and parses a file. Content decides, by the id that git gives it: a checkout that touches every file changes
 * nothing, and what is not committed counts as it is.
 * @param known a blob id whose rows are known: they are not parsed again, and come back as null
 * @returns null where the file is gone
 */
export function readDocument(
  root: string,
  first: FoundDocument,
  known: string | null,
): ReadDocument | { readonly found: FoundDocument; readonly blob: string; readonly rows: null } | null {
  let found: FoundDocument | null = first;
  for (let attempt = 0; attempt < MAX_ATTEMPTS && found !== null; attempt++) {
    if (isUnnameable(found.path) && found.stat.ino === 0n) return failed(found, nameUnusable());
    if (found.stat.size > BigInt(MAX_BYTES[found.kind])) return failed(found, tooLarge(found));
    const bytes = contentOf(found);
    if (bytes instanceof PlumblineError) return failed(found, bytes);
    const after = look(root, found.file);
    if (after !== null && stampOf(after.stat) === stampOf(found.stat)) return parsed(found, bytes, known);
    found = after;
  }
  return found === null ? null : failed(found, writtenTo());
}

function parsed(found: FoundDocument, bytes: Buffer, known: string | null) {
  const blob = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  if (blob === known) return { found, blob, rows: null };
  try {
    return { found, blob, rows: parseDocumentFile(found.kind, bytes, found.path), error: null };
  } catch (error) {
    return { ...failed(found, error instanceof PlumblineError ? error : unparsable(error)), blob };
  }
}

function contentOf({ file }: FoundDocument): Buffer | PlumblineError {
  try {
    return readFileSync(file);
  } catch (cause) {
    return new PlumblineError('DOCUMENT_UNREADABLE', `the file cannot be read: ${(cause as Error).message}`, {
      hint: 'Give this user permission to read it, or leave it out by a line in .gitignore.',
      retryable: true,
      cause,
    });
  }
}

const failed = (found: FoundDocument, error: PlumblineError): ReadDocument => ({
  found,
  blob: '',
  rows: [],
  error,
});

/** Parsers give up in ways of their own on what is nested too deeply. */
const unparsable = (cause: unknown): PlumblineError =>
  new PlumblineError('DOCUMENT_UNREADABLE', `the file cannot be parsed: ${(cause as Error).message}`, {
    hint: 'Simplify it, or leave it out by a line in .gitignore.',
    cause,
  });

const nameUnusable = (): PlumblineError =>
  new PlumblineError('DOCUMENT_UNREADABLE', "the file's name is not valid UTF-8", {
    hint: 'Rename it, for example with `convmv -f latin1 -t utf8 --notest`.',
  });

const writtenTo = (): PlumblineError =>
  new PlumblineError('DOCUMENT_BUSY', 'the file is being written to while it is read', {
    hint: 'Run the same command again when the program that writes it is done.',
    retryable: true,
  });

const tooLarge = ({ kind, stat }: FoundDocument): PlumblineError =>
  new PlumblineError(
    'DOCUMENT_TOO_LARGE',
    `${stat.size} bytes are more than the ${MAX_BYTES[kind]} a file may have`,
    {
      hint: 'Split it, or leave it out by a line in .gitignore.',
    },
  );
