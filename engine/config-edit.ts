/**
 * Changes to the text of a `plumbline.yaml` that leave alone what they are not about: comments, order, quotes, `${NAME}`. Pure;
 * `parseConfig` judges the result.
 */
import { isMap, isScalar, Pair, parseDocument, YAMLMap, type Document } from 'yaml';
import type { Config, EntityTypeConfig } from './config.ts';

/** Null takes a key out of the file, so that its default counts; what is absent stays as it is. */
export interface ConfigChange {
  readonly model?: string | undefined;
  readonly maxDeletePercent?: number | undefined;
  readonly failOn?: string | null | undefined;
  readonly workers?: number | null | undefined;
  readonly chunking?:
    { readonly maxTokens: number | null; readonly overlapTokens: number | null } | undefined;
  /** All that there are to be; of those that stay, what is not named here (their model, their chunking) stays, too. */
  readonly entityTypes?: readonly ChangedType[] | undefined;
}

export interface ChangedType {
  readonly name: string;
  readonly key: readonly string[];
  readonly template: string;
  readonly filter?: string | undefined;
}

/** @param current what `text` says, by `parseConfig`: what is to stay is not written anew. */
export function editConfig(text: string, current: Config, change: ConfigChange): string {
  const document = parseDocument(text);
  const { model, maxDeletePercent, failOn, workers, chunking, entityTypes } = change;
  set(document, ['model'], current.model, model);
  set(document, ['maxDeletePercent'], current.maxDeletePercent, maxDeletePercent);
  set(document, ['failOn'], current.failOn, failOn);
  set(document, ['workers'], current.workers, workers);
  for (const name of ['maxTokens', 'overlapTokens'] as const)
    set(document, ['chunking', name], current.chunking[name], chunking?.[name]);
  dropEmpty(document, 'chunking');
  if (entityTypes !== undefined) setTypes(document, current, entityTypes);
  return render(document, text);
}

/** Undefined: nothing was asked for. */
function set(document: Document, path: readonly unknown[], before: unknown, after: unknown): void {
  if (after === undefined || isSame(before ?? null, after)) return;
  if (after === null) return void document.deleteIn(path);
  // A scalar keeps its comment.
  const node = document.getIn(path, true);
  if (isScalar(node) && typeof after !== 'object') node.value = after;
  else document.setIn(path, document.createNode(after));
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function dropEmpty(document: Document, key: string): void {
  const node = document.get(key, true);
  if (isMap(node) && node.items.length === 0) document.delete(key);
}

function setTypes(document: Document, current: Config, types: readonly ChangedType[]): void {
  const map = typesOf(document);
  const kept = new Set(types.map(({ name }) => name));
  map.items = map.items.filter((pair) => kept.has(nameOf(pair)));
  for (const type of types) {
    const { name, key, template, filter } = type;
    const pair = map.items.find((candidate) => nameOf(candidate) === name);
    if (pair === undefined) {
      const value = { key, template, ...(filter === undefined ? {} : { filter }) };
      map.items.push(new Pair(document.createNode(name), document.createNode(value)));
      continue;
    }
    const before: EntityTypeConfig | undefined = Object.hasOwn(current.entityTypes, name)
      ? current.entityTypes[name]
      : undefined;
    // By its node: a name such as 12 is a number to YAML.
    const path = ['entityTypes', pair.key];
    set(document, [...path, 'key'], before?.key, key);
    set(document, [...path, 'template'], before?.template, template);
    set(document, [...path, 'filter'], before?.filter, filter ?? null);
  }
}

/** The mapping of entity types, made where there is none. */
function typesOf(document: Document): YAMLMap {
  const found = document.get('entityTypes', true);
  if (isMap(found) && (found.items.length > 0 || found.flow !== true)) return found;
  const made = new YAMLMap();
  document.set('entityTypes', made);
  return made;
}

const nameOf = ({ key }: Pair): string => String(isScalar(key) ? key.value : key);

/** With the file's own line ends and brackets, and no line broken that was not. */
function render(document: Document, before: string): string {
  const map = document.get('entityTypes', true);
  // The library forgets a blank line before the comment that ends a mapping.
  if (isMap(map) && map.comment != null && !map.comment.startsWith('\n')) {
    const [first = ''] = map.comment.split('\n');
    if (new RegExp(`\\n[ \\t]*\\r?\\n[ \\t]*#${RegExp.escape(first)}`).test(before))
      map.comment = `\n${map.comment}`;
  }
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: /\{ |\[ /.test(before) });
  return before.includes('\r\n') ? text.replaceAll(/\r?\n/g, '\r\n') : text;
}
