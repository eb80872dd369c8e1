/**
 * The syntax of templates: one line of a template becomes a sequence of placeholders, each with the literal text before
 * it, brackets and quotes around placeholders nested. What the parts mean is told in template.ts.
 */
import { distance } from 'fastest-levenshtein';
import { PlumblineError } from './errors.ts';
import { htmlToText } from './html.ts';

/** What may follow a column's name behind `|`. */
const FILTERS = {
  /** HTML to plain text. */
  html: htmlToText,
  /** Every run of white space, line breaks included, becomes one space. */
  oneline: (text: string) => text.trim().replace(/\s+/g, ' '),
  /** No white space at the start and the end. */
  trim: (text: string) => text.trim(),
} as const satisfies Record<string, (text: string) => string>;

export interface Placeholder {
  readonly column: string;
  readonly filters: readonly ((text: string) => string)[];
}

/** A pair of brackets or quotes with at least one placeholder inside. */
export interface Group {
  readonly open: string;
  readonly inner: Sequence;
  readonly close: string;
}

/** Placeholders and groups, each with the literal text before it (its lead), and the literal text after the last. */
export interface Sequence {
  readonly elements: readonly { readonly lead: string; readonly body: Placeholder | Group }[];
  readonly tail: string;
}

/** One character of literal text, or a placeholder. */
type Token = string | Placeholder;

const BRACKETS = new Map(
  ['()', '[]', '{}', '<>', '«»', '‹›', '“”', '„“', '‘’'].map(([open = '', close = '']) => [open, close]),
);
/** Open and close with the same character, so they pair only directly around a placeholder: `it's` is no quotation. */
const QUOTES = new Set(['"', "'", '`', '*', '_']);

const JSON_STRING = /"(?:[^"\\]|\\.)*"/y;
const BARE_NAME = /[^"{}|]*/y;
const FILTER_NAME = /\s*\|([^|}]*)/y;
const CLOSE = /\s*\}\}/y;

/** Parses one line of a template, without its line break. @throws PlumblineError `TEMPLATE_INVALID` */
export function parseLine(text: string, lineNumber: number): Sequence {
  const tokens = tokenize(text, lineNumber);
  return sequence(tokens, 0, tokens.length, pairUp(tokens));
}

/** `{{name}}`, with the name as a JSON string where the bare form would not read back as the same name. */
export function placeholderFor(column: string): string {
  const bare = column !== '' && column.trim() === column && !/["{}|\n\r]/.test(column);
  return `{{${bare ? column : JSON.stringify(column)}}}`;
}

/** `TEMPLATE_INVALID` at a place, counted from 1. */
export function templateError(line: number, column: number, what: string, hint: string): PlumblineError {
  return new PlumblineError('TEMPLATE_INVALID', `Template line ${line}, column ${column}: ${what}`, {
    hint,
    details: { line, column },
  });
}

function tokenize(text: string, lineNumber: number): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('\\\\{{', at)) {
      tokens.push('\\');
      at += 2;
    } else if (text.startsWith('\\{{', at)) {
      tokens.push('{', '{');
      at += 3;
    } else if (text.startsWith('{{', at)) {
      const { placeholder, end } = parsePlaceholder(text, at, lineNumber);
      tokens.push(placeholder);
      at = end;
    } else {
      tokens.push(text.charAt(at++));
    }
  }
  return tokens;
}

function parsePlaceholder(
  text: string,
  start: number,
  line: number,
): { placeholder: Placeholder; end: number } {
  let at = start + 2;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };

  take(/\s*/y);
  const quoted = take(JSON_STRING)?.[0];
  const bare = quoted === undefined ? (take(BARE_NAME)?.[0].trim() ?? '') : '';
  const filters: ((text: string) => string)[] = [];
  for (let filter = take(FILTER_NAME); filter !== null; filter = take(FILTER_NAME)) {
    filters.push(findFilter(filter[1] ?? '', line, at));
  }
  if (take(CLOSE) === null) throw notClosed(text, start, at, line);
  if (quoted === undefined && bare === '') {
    throw templateError(
      line,
      start + 1,
      'a placeholder without a column name.',
      'Write a column between the braces: {{column}}.',
    );
  }
  const column = quoted === undefined ? bare : unquote(quoted, line, start + 1);
  return { placeholder: { column, filters }, end: at };
}

function notClosed(text: string, start: number, at: number, line: number): PlumblineError {
  if (text.indexOf('}}', start) === -1) {
    return templateError(
      line,
      start + 1,
      '"{{" is not closed on its line.',
      'Close it with "}}", or write \\{{ for two literal braces.',
    );
  }
  return templateError(
    line,
    at + 1,
    `unexpected ${JSON.stringify(text.charAt(at))} in a placeholder.`,
    'Write a column name that holds quotes, braces or "|" as a JSON string: {{"odd }} name"}}.',
  );
}

function unquote(quoted: string, line: number, column: number): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw templateError(
      line,
      column,
      `${quoted} is not a JSON string.`,
      'Write a quote as \\" and a backslash as \\\\.',
    );
  }
}

function findFilter(written: string, line: number, end: number): (text: string) => string {
  const name = written.trim();
  const known = Object.keys(FILTERS);
  if (Object.hasOwn(FILTERS, name)) return FILTERS[name as keyof typeof FILTERS];
  const nearest = known.reduce((best, next) => (distance(name, next) < distance(name, best) ? next : best));
  throw templateError(
    line,
    end - written.trimStart().length + 1,
    `unknown filter ${JSON.stringify(name)}.`,
    `Did you mean "${nearest}"? Filters are ${known.join(', ')}.`,
  );
}

/** For each opening bracket or quote with a placeholder inside: where its partner is. Pairs never cross. */
function pairUp(tokens: readonly Token[]): Map<number, number> {
  const pairs = pairAroundPlaceholders(tokens);
  const open: { at: number; close: string; placeholdersBefore: number }[] = [];
  let placeholders = 0;
  for (let at = 0; at < tokens.length; at++) {
    const paired = pairs.get(at);
    if (paired !== undefined) at = paired;
    const token = tokens[at];
    if (paired !== undefined || typeof token !== 'string') {
      placeholders++;
      continue;
    }
    const opener = open.findLastIndex((entry) => entry.close === token);
    const found = open[opener];
    if (found !== undefined) {
      open.length = opener;
      if (placeholders > found.placeholdersBefore) pairs.set(found.at, at);
    } else if (BRACKETS.has(token)) {
      open.push({ at, close: BRACKETS.get(token) ?? '', placeholdersBefore: placeholders });
    }
  }
  return pairs;
}

/** Quotes and brackets that directly surround one placeholder, from the inside out: `**{{a}}**`, `("{{a}}")`. */
function pairAroundPlaceholders(tokens: readonly Token[]): Map<number, number> {
  const pairs = new Map<number, number>();
  tokens.forEach((token, at) => {
    if (typeof token === 'string') return;
    let [left, right] = [at - 1, at + 1];
    while (isPair(tokens[left], tokens[right])) pairs.set(left--, right++);
  });
  return pairs;
}

function isPair(left: Token | undefined, right: Token | undefined): boolean {
  if (typeof left !== 'string' || typeof right !== 'string') return false;
  return BRACKETS.get(left) === right || (QUOTES.has(left) && left === right);
}

function sequence(
  tokens: readonly Token[],
  from: number,
  to: number,
  pairs: ReadonlyMap<number, number>,
): Sequence {
  const elements: { lead: string; body: Placeholder | Group }[] = [];
  let lead = '';
  for (let at = from; at < to; at++) {
    const token = tokens[at] ?? '';
    const partner = pairs.get(at);
    if (typeof token === 'string' && partner === undefined) {
      lead += token;
      continue;
    }
    if (typeof token === 'string' && partner !== undefined) {
      const close = tokens[partner] as string;
      elements.push({ lead, body: { open: token, inner: sequence(tokens, at + 1, partner, pairs), close } });
      at = partner;
    } else {
      elements.push({ lead, body: token as Placeholder });
    }
    lead = '';
  }
  return { elements, tail: lead };
}
