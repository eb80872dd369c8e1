/**
 * Changes to the text of a `plumbline.yaml` that leave alone what they are not about: comments, order, quotes, `${NAME}`. Pure;
 * `parseConfig` judges the result. The document is changed by the library, and lines that this has not touched are taken as
 * they were written.
 */
import { isMap, isScalar, Pair, parseDocument, visit, YAMLMap, type Document, type Node } from 'yaml';
import type { Config, EntityTypeConfig } from './config.ts';
import { mergeLines } from './line-merge.ts';

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
  const plain = parseDocument(text);
  const hasAliases = spellOut(plain);
  apply(plain, current, change);
  if (!hasAliases) return render(plain, text);
  const document = parseDocument(text);
  return render(isAppliedAs(plain, document, current, change) ? document : plain, text);
}

/** Puts values in the place of the aliases that stand for them; false where there are none. */
function spellOut(document: Document): boolean {
  let hasAliases = false;
  visit(document, {
    Alias(_, alias) {
      hasAliases = true;
      return alias.resolve(document)?.clone() as Node | undefined;
    },
  });
  visit(document, {
    Value(_, node) {
      delete node.anchor;
    },
  });
  return hasAliases;
}

/** False where the change goes through an alias to what it is not about, takes the anchor of one away, or cannot be made. */
function isAppliedAs(plain: Document, document: Document, current: Config, change: ConfigChange): boolean {
  try {
    apply(document, current, change);
    return isSame(document.toJS(), plain.toJS());
  } catch {
    return false;
  }
}

function apply(document: Document, current: Config, change: ConfigChange): void {
  const { model, maxDeletePercent, failOn, workers, chunking, entityTypes } = change;
  set(document, ['model'], current.model, model);
  set(document, ['maxDeletePercent'], current.maxDeletePercent, maxDeletePercent);
  set(document, ['failOn'], current.failOn, failOn);
  set(document, ['workers'], current.workers, workers);
  for (const name of ['maxTokens', 'overlapTokens'] as const)
    set(document, ['chunking', name], current.chunking[name], chunking?.[name]);
  dropEmpty(document, 'chunking');
  if (entityTypes !== undefined) setTypes(document, current, entityTypes);
}

/** Undefined: nothing was asked for. */
function set(document: Document, path: readonly unknown[], before: unknown, after: unknown): void {
  if (after === undefined || isSame(before ?? null, after)) return;
  if (after === null) return void document.deleteIn(path);
  // A scalar keeps its comment.
  const node = document.getIn(path, true);
  if (isScalar(node) && typeof after !== 'object') {
    node.value = after;
    if (typeof after === 'string' && after.includes('\n')) node.type = 'BLOCK_LITERAL';
  } else document.setIn(path, document.createNode(after));
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
  if (isMap(found)) {
    // `{}` has no room for lines.
    if (found.items.length === 0) found.flow = false;
    return found;
  }
  const made = new YAMLMap();
  document.set('entityTypes', made);
  return made;
}

const nameOf = ({ key }: Pair): string => String(isScalar(key) ? key.value : key);

/** The library writes a document in its own way: brackets, spaces before comments, line ends. Here the person's counts. */
function render(document: Document, text: string): string {
  const isWindows = text.includes('\r\n');
  const written = text.replaceAll('\r\n', '\n').split('\n');
  const after = canonical(document, text);
  const merged = mergeLines(written, canonical(parseDocument(text), text), after).join('\n');
  // A line that means something else where it stands now would be worse than one in the library's form.
  const same = isSame(parseDocument(merged).toJS(), document.toJS());
  const result = same ? merged : after.join('\n');
  return isWindows ? result.replaceAll('\n', '\r\n') : result;
}

function canonical(document: Document, text: string): string[] {
  const map = document.get('entityTypes', true);
  // It forgets a blank line before the comment that ends a mapping.
  if (isMap(map) && map.comment != null && !map.comment.startsWith('\n')) {
    const [first = ''] = map.comment.split('\n');
    const withBlank = new RegExp(`\\n[ \\t]*\\r?\\n[ \\t]*#${RegExp.escape(first)}`);
    if (withBlank.test(text)) map.comment = `\n${map.comment}`;
  }
  return document.toString({ lineWidth: 0, indent: indentOf(text) }).split('\n');
}

/** Spaces of a level, as in most of the file: of its first indented line. */
const indentOf = (text: string): number => /^( {1,8})[^\s#-]/m.exec(text)?.[1]?.length ?? 2;
