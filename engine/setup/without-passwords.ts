import { isAlias, isScalar, parseDocument, visit, type Document, type Scalar } from 'yaml';

const MASK = '••••••';
const REFERENCE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;
/** In a URL: what stands before the password, and the password. */
const URL_PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^:@/]*:)(.+)(?=@)/is;

/**
 * The text of a `plumbline.yaml` as it may be answered: a password that a person has written into it is masked. `${NAME}` is none.
 * All else stays letter for letter.
 */
export function withoutPasswords(text: string): string {
  const document = parseDocument(text, { prettyErrors: false });
  const masked = new Map<Scalar, string>();
  visit(document, {
    Pair(_key, { key, value }) {
      const name = isScalar(key) ? key.value : null;
      const scalar = resolved(document, value);
      const shown = typeof scalar?.value === 'string' ? shownAs(name, scalar.value) : null;
      if (scalar !== null && shown !== null) masked.set(scalar, shown);
    },
  });
  let result = text;
  for (const [{ range }, shown] of [...masked].toSorted(([a], [b]) => startOf(b) - startOf(a))) {
    if (range) result = `${result.slice(0, range[0])}${JSON.stringify(shown)}${result.slice(range[1])}`;
  }
  return result;
}

/** Null where it may be shown as it is. */
function shownAs(name: unknown, value: string): string | null {
  if (name === 'password') return REFERENCE.test(value) ? null : MASK;
  const [, before, password] = name === 'url' ? (URL_PASSWORD.exec(value) ?? []) : [];
  if (before === undefined || password === undefined || REFERENCE.test(password)) return null;
  return value.replace(URL_PASSWORD, `$1${MASK}`);
}

function resolved(document: Document, value: unknown): Scalar | null {
  const node = isAlias(value) ? value.resolve(document) : value;
  return isScalar(node) ? node : null;
}

const startOf = ({ range }: Scalar): number => range?.[0] ?? 0;
