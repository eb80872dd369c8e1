/** Where the words of a query stand in texts, told by the tokenizer and stemmer that the full-text index itself uses. */
import Database from 'better-sqlite3';
import { TOKENIZER } from './migrations.ts';

/** UTF-16 offsets, [start, end). */
export type Span = [start: number, end: number];

/** Ranges of Unicode that mean nothing by themselves: one of their characters is in none of the texts. */
const PRIVATE_USE = [0xe000, 0xf8ff] as const;

/**
 * What an FTS5 expression matches in each of these texts, in order and disjoint; none where it matches nothing. The texts go
 * through a table of their own in memory, because FTS5 shows matches only in what it has indexed.
 */
export function matchesIn(texts: readonly string[], expression: string): Span[][] {
  const [open, close] = unusedCharacters(texts);
  const db = new Database(':memory:');
  try {
    db.exec(`CREATE VIRTUAL TABLE text_fts USING fts5 (body, tokenize = '${TOKENIZER}')`);
    const insert = db.prepare<[number, string]>('INSERT INTO text_fts (rowid, body) VALUES (?, ?)');
    // FTS5 ends what it shows at a NUL; both are separators to it.
    texts.forEach((text, i) => insert.run(i, text.replaceAll('\0', ' ')));
    const marked = db.prepare<[string, string, string], { id: number; body: string }>(
      'SELECT rowid AS id, highlight(text_fts, 0, ?, ?) AS body FROM text_fts WHERE text_fts MATCH ?',
    );
    const found = texts.map((): Span[] => []);
    for (const { id, body } of marked.all(open, close, expression)) found[id] = spansOf(body, open, close);
    return found;
  } finally {
    db.close();
  }
}

function unusedCharacters(texts: readonly string[]): [open: string, close: string] {
  const used = new Set(texts.flatMap((text) => text.match(/[\ue000-\uf8ff]/g) ?? []));
  const free: string[] = [];
  for (let code = PRIVATE_USE[0]; free.length < 2 && code <= PRIVATE_USE[1]; code += 1) {
    const character = String.fromCharCode(code);
    if (!used.has(character)) free.push(character);
  }
  const [open, close] = free;
  if (open === undefined || close === undefined)
    throw new RangeError('the texts use every private character');
  return [open, close];
}

function spansOf(marked: string, open: string, close: string): Span[] {
  const spans: Span[] = [];
  let at = 0;
  let start = 0;
  for (const part of marked.split(new RegExp(`([${open}${close}])`))) {
    if (part === open) start = at;
    else if (part === close) spans.push([start, at]);
    else at += part.length;
  }
  return spans;
}
