import { LineCounter, parseDocument } from 'yaml';
import type { CellValue } from '../../cell.ts';
import { PlumblineError } from '../../errors.ts';
import { toCell } from '../json-cell.ts';
import { lowerAscii } from '../sqlite/sql.ts';
import { stemOf } from './walk.ts';

const FIRST_LINE = /^---[ \t]*(?:\r\n|\n|\r)/;
const LAST_LINE = /(?<=[\n\r])(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|$)/g;
const FENCE = /^ {0,3}(?<fence>`{3,}|~{3,})/;
const ATX_HEADING = /^ {0,3}#{1,6}(?:[ \t]+(?<text>.*?))?(?:[ \t]+#+)?[ \t]*$/;
const SETEXT_UNDERLINE = /^ {0,3}(?:=+|-+)[ \t]*$/;
/** Names of our own columns, and those that SQLite gives a meaning. */
const RESERVED = new Set(['path', 'body', 'headings', 'modified', 'rowid', 'oid', '_rowid_']);
/** What no column can be called. */
const UNNAMEABLE = /[\p{Cc}\p{Cs}]/u;

/**
 * A Markdown document: its body without front matter, and each field of that as a column. The title is that of the front
 * matter, else the first heading, else the file's name. A field whose name a column has already is called `meta_…`.
 * @throws PlumblineError `FRONT_MATTER_INVALID`
 */
export function parseMarkdown(text: string, path: string): Map<string, CellValue> {
  const matter = frontMatter(text);
  const fields = matter === null ? null : parseYaml(matter.yaml);
  const body = fields === null || matter === null ? text : text.slice(matter.end);
  const headings = headingsOf(body);
  const row = new Map<string, CellValue>();
  for (const [field, name] of columnsOf(Object.keys(fields ?? {}))) row.set(name, toCell(fields?.[field]));
  const title = row.get('title') ?? null;
  row.set('title', title === null || title === '' ? (headings[0] ?? stemOf(path)) : title);
  row.set('body', body.trim());
  row.set('headings', headings.join('\n'));
  return row;
}

/** From a first line `---` to the next. One that is never closed is a rule across the page. */
function frontMatter(text: string): { readonly yaml: string; readonly end: number } | null {
  const start = FIRST_LINE.exec(text)?.[0].length;
  if (start === undefined) return null;
  LAST_LINE.lastIndex = start;
  const last = LAST_LINE.exec(text);
  return last === null
    ? null
    : {
        // The parser does not know a CR alone.
        yaml: text.slice(start, last.index).replaceAll(/\r\n?/g, '\n'),
        end: last.index + last[0].length,
      };
}

/** The column of each field. Names of columns are told apart as SQLite does it, which knows the case of ASCII alone. */
function columnsOf(fields: readonly string[]): Map<string, string> {
  const columns = new Map<string, string>();
  const taken = new Map<string, string>();
  for (const field of fields) {
    if (UNNAMEABLE.test(field)) throw unusable(`no field can be called ${JSON.stringify(field)}`);
    const lower = lowerAscii(field);
    const name = RESERVED.has(lower) ? `meta_${field}` : lower === 'title' ? 'title' : field;
    const twin = taken.get(lowerAscii(name));
    if (twin !== undefined) throw unusable(`the fields "${twin}" and "${field}" would be one column`);
    taken.set(lowerAscii(name), field);
    columns.set(field, name);
  }
  return columns;
}

/** Null where it is no mapping, and so no front matter. */
function parseYaml(yaml: string): Record<string, unknown> | null {
  const lines = new LineCounter();
  const document = parseDocument(yaml, {
    lineCounter: lines,
    intAsBigInt: true,
    resolveKnownTags: false,
    logLevel: 'error',
    prettyErrors: false,
  });
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

const unusable = (message: string): PlumblineError =>
  new PlumblineError('FRONT_MATTER_INVALID', message, {
    hint: 'Rename the field in the lines between the two `---` at the start of the file.',
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
