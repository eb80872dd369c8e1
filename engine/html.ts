/**
 * HTML to plain text, for templates. Built on htmlparser2's tokenizer alone, without a tree: cells hold whatever people
 * pasted, and both a recursive walk and the parser's own stack of open tags break on a few megabytes of `<b><b><b>`
 * (stack overflow, quadratic time). This is one pass, linear in the input, and never throws.
 */
import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';

/** Set apart by a blank line. */
const PARAGRAPHS = new Set(
  'article aside blockquote dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table ul'.split(
    ' ',
  ),
);
/** Start and end on a line of their own. */
const LINES = new Set('address caption dd details div dt figcaption li option summary title tr'.split(' '));
/** Set apart by a space. */
const CELLS = new Set(['td', 'th']);
/** The tokenizer reads their content as raw text, up to the closing tag, so they cannot nest. */
const UNSEEN = new Set(['script', 'style']);

/**
 * The text a person would read: paragraphs, headings, lists and tables set apart by blank lines; list items, table
 * rows, `<div>` and `<br>` on lines of their own, items behind `- `; other white space collapsed except in `<pre>`;
 * entities decoded. Scripts, styles, comments, images and link addresses leave nothing. Text without any tag comes back
 * with its white space collapsed. As in a browser, a tag that is never closed by `>` swallows what follows it.
 */
export function htmlToText(html: string): string {
  const reader = new TextReader(html);
  const tokenizer = new Tokenizer({ decodeEntities: true }, reader);
  tokenizer.write(html);
  tokenizer.end();
  return reader.text();
}

class TextReader implements TokenizerCallbacks {
  readonly #html: string;
  #out = '';
  /** What separates the text so far from the text to come. */
  #newlines = 0;
  #space = false;
  #bullet = false;
  /** Open `<pre>` tags. */
  #pre = 0;
  #unseen = false;

  constructor(html: string) {
    this.#html = html;
  }

  text(): string {
    return this.#out.trim();
  }

  onopentagname(start: number, end: number): void {
    const name = this.#name(start, end);
    this.#unseen = UNSEEN.has(name);
    this.#separate(name);
    if (name === 'br') this.#newlines = Math.min(2, this.#newlines + 1);
    if (name === 'li') this.#bullet = true;
    if (name === 'pre') this.#pre++;
  }

  onclosetag(start: number, end: number): void {
    const name = this.#name(start, end);
    this.#unseen = false;
    this.#separate(name);
    if (name === 'pre') this.#pre = Math.max(0, this.#pre - 1);
  }

  onselfclosingtag(): void {
    this.#unseen = false;
  }

  ontext(start: number, end: number): void {
    this.#write(this.#html.slice(start, end));
  }

  ontextentity(codePoint: number): void {
    this.#write(String.fromCodePoint(codePoint));
  }

  oncdata(start: number, end: number, endOffset: number): void {
    this.#write(this.#html.slice(start, end - endOffset));
  }

  onattribdata(): void {}
  onattribentity(): void {}
  onattribend(): void {}
  onattribname(): void {}
  oncomment(): void {}
  ondeclaration(): void {}
  onend(): void {}
  onopentagend(): void {}
  onprocessinginstruction(): void {}

  #name(start: number, end: number): string {
    return this.#html.slice(start, end).toLowerCase();
  }

  #separate(name: string): void {
    if (PARAGRAPHS.has(name)) this.#newlines = 2;
    else if (LINES.has(name)) this.#newlines = Math.max(1, this.#newlines);
    else if (CELLS.has(name)) this.#space = true;
  }

  #write(raw: string): void {
    if (this.#unseen) return;
    if (this.#pre > 0) {
      this.#append(raw);
      return;
    }
    // trim() and /\s+/g are linear; /\s+$/ would be quadratic on a long run of spaces.
    const text = raw.trim().replace(/\s+/g, ' ');
    if (raw !== raw.trimStart()) this.#space = true;
    if (text === '') return;
    this.#append(text);
    this.#space = raw !== raw.trimEnd();
  }

  #append(text: string): void {
    if (this.#out !== '')
      this.#out += this.#newlines > 0 ? '\n'.repeat(this.#newlines) : this.#space ? ' ' : '';
    if (this.#bullet) this.#out += '- ';
    this.#out += text;
    this.#newlines = 0;
    this.#space = false;
    this.#bullet = false;
  }
}
