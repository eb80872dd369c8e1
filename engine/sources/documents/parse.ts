import { isUtf8 } from 'node:buffer';
import type { CellValue } from '../../cell.ts';
import { PlumblineError } from '../../errors.ts';
import { parseHtml } from './html-document.ts';
import type { DocumentKind } from './kinds.ts';
import { parseMarkdown } from './markdown.ts';
import { parseOntology } from './ontology.ts';
import { stemOf } from './walk.ts';

/**
 * The rows that a document makes, by column: one, or one for each entity of an ontology.
 * @throws PlumblineError `DOCUMENT_NOT_TEXT`, `FRONT_MATTER_INVALID`, `ONTOLOGY_INVALID`
 */
export function parseDocumentFile(kind: DocumentKind, bytes: Buffer, path: string): Map<string, CellValue>[] {
  const text = decode(bytes);
  switch (kind) {
    case 'markdown':
      return [parseMarkdown(text, path)];
    case 'html':
      return [parseHtml(text, path)];
    case 'text':
      return [
        new Map([
          ['title', stemOf(path)],
          ['body', text.trim()],
        ]),
      ];
    case 'ontology':
      return parseOntology(text, path);
    default:
      return kind satisfies never;
  }
}

/** UTF-8, or UTF-16 with its mark, and nothing that only looks like text. */
function decode(bytes: Buffer): string {
  // Many times faster than a decoder.
  if (isUtf8(bytes)) return bytes.toString('utf8').replace(/^\ufeff/, '');
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PlumblineError('DOCUMENT_NOT_TEXT', `it is not valid ${encoding.toUpperCase()}`, {
      hint: 'Convert it to UTF-8, for example with `iconv -f latin1 -t utf-8`, or leave it out by a line in .gitignore.',
      cause,
    });
  }
}
