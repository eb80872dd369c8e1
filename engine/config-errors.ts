/** What is wrong with a `plumbline.yaml`, in words, with its line. Pure. */
import { isMap, isNode, type Document, type LineCounter } from 'yaml';
import type { z } from 'zod';
import { PlumblineError } from './errors.ts';
import { nearest } from './nearest.ts';

export interface ParsedText {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly file: string;
  /** The keys that the mapping at a path may have; null where any name may stand. */
  readonly allowedKeys: (path: readonly PropertyKey[]) => string[] | null;
}

export function invalidConfig(file: string, line: number, message: string, hint?: string): PlumblineError {
  return new PlumblineError('CONFIG_INVALID', `${file}, line ${line}: ${message}`, {
    hint: hint ?? 'docs/configuration.md describes every key.',
    details: { file, line },
  });
}

/** The first issue: the others often follow from it. */
export function describeIssue(error: z.ZodError, text: ParsedText): PlumblineError {
  const [issue] = error.issues;
  if (issue === undefined) throw new RangeError('an error without an issue');
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') return unknownKey(path, issue.keys[0] ?? '', text);
  const value = text.document.getIn(path);
  const found = isNode(value) ? value.toJS(text.document) : value;
  const name = path.length === 0 ? 'the file' : path.join('.');
  const problem = problemWith(issue, found);
  return invalidConfig(text.file, lineOf(text, path), `${name} ${problem}`);
}

/** What is wrong and, unless it is a secret, what stands there. */
function problemWith(issue: Issue, found: unknown): string {
  const { path } = issue;
  if (found === undefined && path.length > 0) return issue.code === 'custom' ? issue.message : 'is missing';
  const isSecret = path[0] === 'source' && mayHoldSecret(path, found);
  return isSecret ? wanted(issue) : `${wanted(issue)}, ${shown(found)}`;
}

function unknownKey(path: readonly PropertyKey[], key: string, text: ParsedText): PlumblineError {
  const allowed = text.allowedKeys(path) ?? [];
  const meant = nearest(key, allowed);
  const where = path.length === 0 ? '' : ` in ${path.join('.')}`;
  return invalidConfig(
    text.file,
    lineOf(text, [...path, key]),
    `there is no key "${key}"${where}`,
    `${meant === null ? '' : `Did you mean "${meant}"? `}Possible are ${allowed.join(', ')}.`,
  );
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
};

type Issue = z.ZodError['issues'][number];

/** `must be a number`, `must be at least 8`. */
function wanted(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`;
    case 'invalid_union':
      // Of a union that is told apart by one field, that field's value.
      return `must be ${(issue as { options?: readonly unknown[] }).options?.map(String).join(' or ')}`;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

/** A password, or a URL that may have one in it. */
const mayHoldSecret = (path: readonly PropertyKey[], found: unknown): boolean =>
  path.at(-1) === 'password' || path.at(-1) === 'url' || (typeof found === 'string' && found.includes('://'));

const MAX_SHOWN = 40;

/** What stands there instead. */
function shown(found: unknown): string {
  if (found === null || found === undefined) return 'and is empty';
  if (Array.isArray(found)) return found.length === 0 ? 'and is empty' : 'not a list';
  if (typeof found === 'object') return 'not a mapping';
  const text = JSON.stringify(found);
  return `not ${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}`;
}

/** The line of a path's key; for something absent, the line of the nearest parent that is there. */
function lineOf({ document, lines }: ParsedText, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const offset = offsetOf(document, path.slice(0, depth));
    if (offset !== null) return lines.linePos(offset).line;
  }
  return 1;
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number | null {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => String((key as { value?: unknown } | null)?.value) === path.at(-1))
    : undefined;
  const node = pair?.key ?? document.getIn(path, true);
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}
