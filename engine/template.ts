/**
 * Templates: how a row becomes the text that is embedded. Pure; no knowledge of sources or of models.
 *
 * `{{column}}` stands for a column's value, `{{body | html | oneline}}` for the value run through filters. A name with
 * quotes, braces, `|` or outer spaces is written as a JSON string (`{{"odd }} name"}}`); `\{{` is a literal `{{`, and
 * `\\{{column}}` a backslash before a value. A placeholder stays on one line.
 *
 * Values that are NULL, empty or only white space leave no trace:
 * 1. A line whose placeholders are all empty disappears, with its literal text.
 * 2. Within a line a placeholder owns the literal text before it, back to the previous placeholder (its lead), and
 *    vanishes together with it. If everything before it vanished, a placeholder's lead loses its leading separators and
 *    spaces. Text after the last placeholder of a line stays.
 * 3. Brackets and quotes around placeholders form one unit to which rules 1 and 2 apply in turn: `({{a}}, {{b}})`
 *    vanishes, brackets and lead included, when both are empty.
 * 4. A line of literal text (a heading) speaks for the lines below it, down to the next literal line, and stays only if
 *    one of them does; several literal lines in a row share this fate. Literal lines after the last placeholder stay
 *    if the document has any value. Blank lines at the start and the end go, runs of them become one.
 * 5. If every placeholder is empty the document is `''`.
 *
 * Values are inserted as they are, inner and outer white space included, and are never expanded again.
 */
import type { CellValue } from './cell.ts';
import { PlumblineError } from './errors.ts';
import {
  parseLine,
  placeholderFor,
  templateError,
  type Group,
  type Placeholder,
  type Sequence,
} from './template-syntax.ts';

export interface CompiledTemplate {
  /** The columns used, each once, in order of first use. */
  readonly columns: readonly string[];
  /**
   * The document for one row; `values` in the order of `columns`.
   * @throws PlumblineError `BLOB_NOT_TEXT` if a blob is not valid UTF-8
   */
  render(values: readonly CellValue[]): string;
}

type Line =
  | { readonly kind: 'blank' }
  /** `heads` are the indexes of the lines that it speaks for; none if it follows the last placeholder. */
  | { readonly kind: 'literal'; readonly text: string; readonly heads: readonly number[] }
  | { readonly kind: 'values'; readonly sequence: Sequence };

const LEADING_SEPARATORS = /^[\s,;:.·•|/–—&+-]+/;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Compiles a template; see the top of this file for its meaning.
 * @throws PlumblineError `TEMPLATE_INVALID` with line and column, also if it has no placeholder at all
 */
export function compileTemplate(template: string): CompiledTemplate {
  const lines = parse(template);
  const columns = [
    ...new Set(lines.flatMap((line) => (line.kind === 'values' ? columnsOf(line.sequence) : []))),
  ];
  if (columns.length === 0) {
    throw templateError(
      1,
      1,
      'no placeholder, so every document would be the same.',
      'Name at least one column: {{column}}.',
    );
  }
  return {
    columns,
    render: (values) => {
      const texts = new Map(columns.map((column, index) => [column, toText(values[index] ?? null, column)]));
      return renderLines(lines, texts);
    },
  };
}

/**
 * The template a table starts with: one line `{{column}}` per text column, in table order; `{{column | html}}` for those
 * that hold HTML.
 */
export function defaultTemplate(textColumns: readonly string[], htmlColumns: readonly string[] = []): string {
  return textColumns
    .map((name) => {
      const placeholder = placeholderFor(name);
      return htmlColumns.includes(name) ? placeholder.replace(/\}\}$/, ' | html}}') : placeholder;
    })
    .join('\n');
}

function parse(template: string): Line[] {
  const sequences = template.split(/\r\n|\n|\r/).map((text, index) => parseLine(text.trimEnd(), index + 1));
  return sequences.map((sequence, index): Line => {
    if (sequence.elements.length > 0) return { kind: 'values', sequence };
    if (sequence.tail === '') return { kind: 'blank' };
    return { kind: 'literal', text: sequence.tail, heads: linesBelow(sequences, index) };
  });
}

/** Indexes of the lines with placeholders after `index`, from the first one to the next literal line. */
function linesBelow(sequences: readonly Sequence[], index: number): number[] {
  const below: number[] = [];
  for (let at = index + 1; at < sequences.length; at++) {
    const { elements = [], tail = '' } = sequences[at] ?? {};
    if (elements.length > 0) below.push(at);
    else if (tail !== '' && below.length > 0) break;
  }
  return below;
}

function columnsOf(sequence: Sequence): string[] {
  return sequence.elements.flatMap(({ body }) => ('column' in body ? [body.column] : columnsOf(body.inner)));
}

function renderLines(lines: readonly Line[], texts: ReadonlyMap<string, string>): string {
  const rendered = lines.map((line) => (line.kind === 'values' ? renderSequence(line.sequence, texts) : ''));
  if (rendered.every((text) => text === '')) return '';

  let document = '';
  let blankBefore = false;
  lines.forEach((line, index) => {
    let text = rendered[index] ?? '';
    if (line.kind === 'blank') blankBefore = true;
    if (line.kind === 'literal' && stays(line.heads, rendered)) text = line.text;
    if (text === '') return;
    if (document !== '') document += blankBefore ? '\n\n' : '\n';
    document += text;
    blankBefore = false;
  });
  return document;
}

function stays(heads: readonly number[], rendered: readonly string[]): boolean {
  return heads.length === 0 || heads.some((index) => rendered[index] !== '');
}

function renderSequence(sequence: Sequence, texts: ReadonlyMap<string, string>): string {
  let out = '';
  sequence.elements.forEach(({ lead, body }, index) => {
    const text = renderBody(body, texts);
    if (text === '') return;
    const othersVanished = index > 0 && out === '';
    out += (othersVanished ? lead.replace(LEADING_SEPARATORS, '') : lead) + text;
  });
  return out === '' ? '' : out + sequence.tail;
}

function renderBody(body: Placeholder | Group, texts: ReadonlyMap<string, string>): string {
  if ('column' in body) {
    const text = body.filters.reduce((value, filter) => filter(value), texts.get(body.column) ?? '');
    return text.trim() === '' ? '' : text;
  }
  const inner = renderSequence(body.inner, texts);
  return inner === '' ? '' : body.open + inner + body.close;
}

/** A value as text: integers in plain decimal, reals as JSON writes them, NULL and NaN as nothing. */
function toText(value: CellValue, column: string): string {
  if (value === null || Number.isNaN(value)) return '';
  if (value instanceof Uint8Array) return blobText(value, column);
  return String(value);
}

function blobText(bytes: Uint8Array, column: string): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new PlumblineError(
      'BLOB_NOT_TEXT',
      `Column ${JSON.stringify(column)} holds ${bytes.length} bytes that are not UTF-8 text.`,
      {
        hint: `Take ${placeholderFor(column)} out of the template, or convert the column to text in the source.`,
        cause,
        details: { column },
      },
    );
  }
}
