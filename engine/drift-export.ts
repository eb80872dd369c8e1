/** Drift items as text for other programs, one at a time. Pure. */
import type { DriftItem, ExportFormat } from './contract.ts';
import { stringify } from './json.ts';

/** What stands before, between and after items, and each item's text. */
export interface ExportText {
  readonly contentType: string;
  readonly begin: string;
  readonly between: string;
  readonly end: string;
  item(item: DriftItem): string;
}

const CRLF = '\r\n';

export const exportTexts: Readonly<Record<ExportFormat, ExportText>> = {
  /** RFC 4180: a header, CRLF, quotes where they are needed. */
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    begin: `key,class,reason,text,indexedText${CRLF}`,
    between: '',
    end: '',
    item: ({ key, class: name, reason, text, indexedText }) =>
      `${[key, name, reason, text ?? '', indexedText ?? ''].map(cell).join(',')}${CRLF}`,
  },
  json: {
    contentType: 'application/json; charset=utf-8',
    begin: '[',
    between: ',',
    end: '\n]\n',
    item: (item) => `\n${stringify(item)}`,
  },
};

/** What spreadsheets take for a formula, which could act when the file is opened; plain numbers are none. */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/** A formula is shown as text by the apostrophe before it (OWASP, "CSV Injection"). */
function cell(value: string): string {
  const text = FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
