import { LineCounter, parseDocument } from 'yaml';
import type { CellValue } from '../../cell.ts';
import { PlumblineError } from '../../errors.ts';
import { toCell } from '../json-cell.ts';
import { stemOf } from './walk.ts';

/** From a first line `---` to the next. One that is never closed is a rule across the page. */
const FRONT_MATTER = /^---[ \t]*\r?\n(?<yaml>(?:.*\r?\n)*?)(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/;
const FENCE = /^ {0,3}(?<fence>`{3,}|~{3,})/;
const ATX_HEADING = /^ {0,3}#{1,6}(?:[ \t]+(?<text>.*?))?(?:[ \t]+#+)?[ \t]*$/;
const SETEXT_UNDERLINE = /^ {0,3}(?:=+|-+)[ \t]*$/;
const RESERVED = new Set(['path', 'body', 'headings', 'modified']);

/**
 * A Markdown document: its body without front matter, and each field of that as a column. The title is that of the front
 * matter, else the first heading, else the file's name. A field whose name a column has already is called `meta_…`.
 * @throws PlumblineError `FRONT_MATTER_INVALID`
 */
export function parseMarkdown(text: string, path: string): Map<string, CellValue> {
  const matter = FRONT_MATTER.exec(text);
  const fields = matter === null ? null : parseYaml(matter.groups?.['yaml'] ?? '');
  const body = fields === null ? text : text.slice(matter?.[0].length ?? 0);
  const headings = headingsOf(body);
  const row = new Map<string, CellValue>();
  for (const [name, value] of Object.entries(fields ?? {})) {
    row.set(RESERVED.has(name.toLowerCase()) ? `meta_${name}` : name, toCell(value));
  }
  const title = row.get('title') ?? null;
  row.set('title', title === null || title === '' ? (headings[0] ?? stemOf(path)) : title);
  row.set('body', body.trim());
  row.set('headings', headings.join('\n'));
  return row;
}

/** Null where it is no mapping, and so no front matter. */
function parseYaml(yaml: string): Record<string, unknown> | null {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, intAsBigInt: true, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw invalid(lines.linePos(error.pos[0]).line + 1, error.message, error);
  try {
    const value: unknown = document.toJS();
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch (error) {
    // An alias that refers to itself, or a bomb of aliases.
    throw invalid(1, (error as Error).message, error);
  }
}

const invalid = (line: number, message: string, cause: unknown): PlumblineError =>
  new PlumblineError('FRONT_MATTER_INVALID', `line ${line}: the front matter is not valid YAML: ${message}`, {
    hint: 'Correct the lines between the two `---` at the start of the file.',
    cause,
    details: { line },
  });

function headingsOf(body: string): string[] {
  const headings: string[] = [];
  let fence: string | null = null;
  let before = '';
  for (const line of body.split(/\r\n|\n|\r/)) {
    const mark = FENCE.exec(line)?.groups?.['fence'] ?? null;
    if (fence !== null) {
      if (mark !== null && mark.startsWith(fence) && line.trim() === mark) fence = null;
      before = '';
      continue;
    }
    const atx = ATX_HEADING.exec(line);
    if (mark !== null) {
      fence = mark;
    } else if (atx !== null) {
      headings.push(atx.groups?.['text'] ?? '');
    } else if (before !== '' && SETEXT_UNDERLINE.test(line)) {
      headings.push(before);
    }
    before = mark === null && atx === null && /^ {0,3}[^\s>#|*+-]/.test(line) ? line.trim() : '';
  }
  return headings.filter((heading) => heading !== '');
}
