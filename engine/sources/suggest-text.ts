/** Which columns are worth embedding: names, titles, descriptions, categories; not codes, dates, hashes or numbers. */

/** What is known of a column: its declaration and a sample of its values. */
export interface ColumnSample {
  readonly name: string;
  /** As the source declares it, '' where it declares none. */
  readonly declaredType: string;
  /** The sampled values that are text, possibly cut at the end. */
  readonly texts: readonly string[];
  /** How many sampled values are neither text nor NULL. */
  readonly others: number;
}

export interface TextSuggestion {
  readonly text: boolean;
  /** Why: one short clause for people. */
  readonly reason: string;
}

const DECLARED_TEXT = /CHAR|TEXT|CLOB|STRING|CITEXT/i;
const SECRET_NAME = /passw|secret|token|salt|api_?key/i;
const ENUM_NAME = /(status|state|type|kind|flag|currency|lang(uage)?|locale|gender|unit|role|level|mode)$/i;

/** What a whole column may consist of that no embedding can make sense of. The first that fits is the reason. */
const SHAPES: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['numbers', /^[-+]?[\d.,\s]*\d[\d.,\s]*(e[-+]?\d+)?\s*[%€$£]?$/i],
  ['UUIDs', /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i],
  ['dates or times', /^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([T ].*)?$/],
  ['dates or times', /^\d{1,2}:\d{2}(:\d{2})?(\.\d+)?( ?[ap]m)?$/i],
  ['hashes or hex ids', /^(0x)?(?=.*\d)[0-9a-f]{12,}$/i],
  ['e-mail addresses', /^[^\s@]+@[^\s@]+\.[^\s@]+$/],
  ['links', /^([a-z][a-z0-9+.-]*:\/\/|www\.|mailto:|data:)\S+$/i],
  ['file paths', /^([a-z]:)?[\w.~-]*([\\/][\w .~%@+-]+)+[\\/]?(\.\w{1,5})?$/i],
  ['file names', /^[\w-]+\.(jpe?g|png|gif|svg|webp|pdf|csv|txt|html?|zip|mp[34]|docx?|xlsx?)$/i],
  ['phone numbers', /^(?=(.*\d){6})[+(\d][\d\s().\-/x]*$/i],
  ['JSON', /^(\{\s*("|\})|\[\s*(["[{\d\]]|true|false|null))/],
  ['base64 data', /^(?=.*\d)(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9+/_-]{20,}={0,2}$/],
  ['codes', /^(?=.*\d)[A-Z0-9][A-Z0-9 ._/-]{0,15}$/],
  ['codes', /^([A-Z]{1,3}|[a-z])$/],
  ['yes or no', /^(true|false|yes|no)$/i],
  ['identifiers', /^[a-z0-9]+([_:][a-z0-9]+)+$/i],
];

/** Share of the values that must have a shape for the column to have it; the rest may be dirt. */
const SHAPE_SHARE = 0.9;
const ENUM_MAX_VALUES = 12;
const ENUM_MIN_SAMPLE = 30;

/** Judges one column by its declaration, its name and a sample. Pure. */
export function suggestText(column: ColumnSample): TextSuggestion {
  const declared = column.declaredType.trim();
  const isTextType = DECLARED_TEXT.test(declared);
  if (declared !== '' && !isTextType) return no(`declared ${declared}`);
  if (SECRET_NAME.test(column.name)) return no('its name suggests a secret');
  const texts = column.texts.map((text) => text.trim()).filter((text) => text !== '');
  if (column.texts.length < column.others) return no('holds values other than text');
  if (texts.length === 0) {
    return isTextType
      ? yes(`declared ${declared}, no values seen yet`)
      : no('no type declared and no values seen');
  }
  const shape = shapeOf(texts) ?? (isCodeLike(texts) ? 'codes' : null);
  if (shape !== null) return no(`looks like ${shape}, e.g. ${excerpt(texts[0] ?? '')}`);
  if (ENUM_NAME.test(column.name) && isEnum(texts))
    return no(`a few fixed values, e.g. ${excerpt(texts[0] ?? '')}`);
  return yes(isTextType ? `declared ${declared}, reads like text` : 'no type declared, reads like text');
}

/** An element that is closed, or one that stands alone: text may well speak of `<b>` or of `a < b and c > d`. */
const ELEMENT = /<([a-z][a-z0-9]*)(?:\s[^<>]*)?>[^]*<\/\1\s*>|<(?:br|hr|p|img|li)(?:\s[^<>]*)?\/?>/i;
/** Share of the sampled values with HTML from which on a column is taken to hold it. */
const HTML_SHARE = 0.1;

/** True where a column's values are HTML, or are often enough: a filter that takes tags off leaves plain text alone. */
export function holdsHtml(texts: readonly string[]): boolean {
  const found = texts.filter((text) => ELEMENT.test(text)).length;
  return found > 0 && found >= texts.length * HTML_SHARE;
}

function shapeOf(texts: readonly string[]): string | null {
  const fits = (pattern: RegExp) => texts.filter((text) => pattern.test(text)).length;
  return SHAPES.find(([, pattern]) => fits(pattern) >= texts.length * SHAPE_SHARE)?.[0] ?? null;
}

/** Capital letters without a space, all of one length: `ALFKI`, `BERGS`. */
function isCodeLike(texts: readonly string[]): boolean {
  const [first = ''] = texts;
  return (
    texts.length >= 5 &&
    new Set(texts).size > 1 &&
    texts.every((text) => text.length === first.length && /^[A-Z]{2,8}$/.test(text))
  );
}

function isEnum(texts: readonly string[]): boolean {
  return (
    texts.length >= ENUM_MIN_SAMPLE &&
    new Set(texts).size <= ENUM_MAX_VALUES &&
    !texts.some((t) => t.includes(' '))
  );
}

const yes = (reason: string): TextSuggestion => ({ text: true, reason });
const no = (reason: string): TextSuggestion => ({ text: false, reason });

function excerpt(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 39)}…` : text;
  return JSON.stringify(short);
}
