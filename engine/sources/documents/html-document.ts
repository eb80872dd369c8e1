import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import type { CellValue } from '../../cell.ts';
import { htmlToText } from '../../html.ts';
import { stemOf } from './walk.ts';

/** An HTML page as a person reads it: its title (else the first heading, else the file's name), and its text without tags. */
export function parseHtml(html: string, path: string): Map<string, CellValue> {
  const outline = new Outline(html);
  const tokenizer = new Tokenizer({ decodeEntities: false }, outline);
  tokenizer.write(html);
  tokenizer.end();
  const headings = outline.headings.map(htmlToText).filter((heading) => heading !== '');
  const title = htmlToText(outline.title);
  return new Map([
    ['title', title === '' ? (headings[0] ?? stemOf(path)) : title],
    ['body', htmlToText(html.slice(outline.bodyStart))],
    ['headings', headings.join('\n')],
  ]);
}

/** Where title, headings and body are. One pass over tokens, as in `htmlToText`: expressions go quadratic on what people paste. */
class Outline implements TokenizerCallbacks {
  title = '';
  readonly headings: string[] = [];
  /** Behind the first end of a head; 0 where there is none. */
  bodyStart = 0;
  readonly #html: string;
  #tag = '';
  /** The open title or heading, and where its content starts. */
  #open: { readonly name: string; readonly start: number } | null = null;

  constructor(html: string) {
    this.#html = html;
  }

  onopentagname(start: number, end: number): void {
    this.#tag = this.#html.slice(start, end).toLowerCase();
  }

  onopentagend(end: number): void {
    if (this.#tag === 'title' || /^h[1-6]$/.test(this.#tag)) this.#open = { name: this.#tag, start: end + 1 };
  }

  onclosetag(start: number, end: number): void {
    const name = this.#html.slice(start, end).toLowerCase();
    if (name === 'head' && this.bodyStart === 0) this.bodyStart = this.#html.indexOf('>', end) + 1;
    if (this.#open?.name !== name) return;
    // `start` is behind `</`.
    const content = this.#html.slice(this.#open.start, start - 2);
    if (name !== 'title') this.headings.push(content);
    else if (this.title === '') this.title = content;
    this.#open = null;
  }

  onattribdata(): void {}
  onattribentity(): void {}
  onattribend(): void {}
  onattribname(): void {}
  oncdata(): void {}
  oncomment(): void {}
  ondeclaration(): void {}
  onend(): void {}
  onprocessinginstruction(): void {}
  onselfclosingtag(): void {}
  ontext(): void {}
  ontextentity(): void {}
}
