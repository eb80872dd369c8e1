/** Which files of a folder are documents. */
import { lstatSync, readdirSync, readFileSync, type BigIntStats, type Dirent } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { PlumblineError } from '../../errors.ts';
import { documentKind, type DocumentKind } from './kinds.ts';

/** A document as the file system lists it. */
export interface FoundDocument {
  /** Relative to the folder, with `/`, in the very bytes that the disk has: nothing is normalised. */
  readonly path: string;
  readonly file: string;
  readonly kind: DocumentKind;
  readonly stat: BigIntStats;
}

/** As git does by default where the file system does. */
const IGNORES_CASE = process.platform === 'darwin' || process.platform === 'win32';

/** The rules of one `.gitignore`, which speaks of paths below its own folder. */
interface Rules {
  readonly folder: string;
  readonly ignore: Ignore;
}

/**
 * The documents below a folder. Left out are what `.gitignore` says (in each folder, and above up to the root of a git
 * checkout), names that begin with a dot, and symbolic links: so there are no cycles and nothing from outside.
 * @throws PlumblineError `SOURCE_UNREADABLE` for a folder that may not be listed: its documents would look deleted
 */
export function* walk(root: string): Generator<FoundDocument> {
  const folders: { readonly folder: string; readonly rules: readonly Rules[] }[] = [
    { folder: root, rules: rulesAbove(root) },
  ];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const { folder } = next;
    const entries = list(folder, folder === root);
    const rules = entries.some(({ name }) => name === '.gitignore')
      ? [...next.rules, ...rulesOf(folder)]
      : next.rules;
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!isIgnored(rules, path, true)) folders.push({ folder: path, rules: stillSpeaking(rules, path) });
      } else if (entry.isFile() && documentKind(entry.name) !== null && !isIgnored(rules, path, false)) {
        const found = look(root, path);
        if (found !== null) yield found;
      }
    }
  }
}

/** One document; null where there is none (any more), or only a link to one. */
export function look(root: string, file: string): FoundDocument | null {
  const kind = documentKind(file);
  if (kind === null) return null;
  const stat = statOf(file);
  const path = relative(root, file).split(sep).join('/');
  if (stat === undefined) return isUnnameable(path) ? { path, file, kind, stat: NO_STAT } : null;
  return stat.isFile() ? { path, file, kind, stat } : null;
}

function statOf(file: string): BigIntStats | undefined {
  try {
    return lstatSync(file, { bigint: true, throwIfNoEntry: false });
  } catch (cause) {
    throw unreadable(dirname(file), 'cannot be entered', 'enter it', cause);
  }
}

/** A name that is not UTF-8 comes with U+FFFD, by which the file cannot be found. */
export const isUnnameable = (path: string): boolean => path.includes('\ufffd');
const NO_STAT = {
  dev: 0n,
  ino: 0n,
  size: 0n,
  mtimeNs: 0n,
  ctimeNs: 0n,
  mtimeMs: 0n,
  ctimeMs: 0n,
} as BigIntStats;

function list(folder: string, isRoot: boolean): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // One that went away since its parent was listed. A name that is not UTF-8 cannot be found either, and is still there.
    if (code === 'ENOENT' && !isRoot && !isUnnameable(folder)) return [];
    if (code === 'ENOENT') {
      throw new PlumblineError('SOURCE_NOT_FOUND', `there is no folder ${folder}`, {
        hint: 'Check the path of the source; the folder may have been moved or its disk is not connected.',
        cause,
        details: { path: folder },
      });
    }
    throw unreadable(folder, 'cannot be listed', 'list it', cause);
  }
}

/** Which documents there are cannot be known without it. */
const unreadable = (path: string, what: string, permission: string, cause: unknown): PlumblineError =>
  new PlumblineError('SOURCE_UNREADABLE', `${path} ${what}: ${(cause as Error).message}`, {
    hint: `Give this user permission to ${permission}, or leave its folder out by a line in .gitignore. What lies there is not taken for deleted.`,
    cause,
    details: { path },
  });

/** From the root of the checkout that the folder is in down to it; none outside of git. */
function rulesAbove(folder: string): Rules[] {
  const above: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    if (lstatSync(join(at, '.git'), { throwIfNoEntry: false }) !== undefined) {
      return above.reverse().flatMap(rulesOf);
    }
    if (dirname(at) === at) return [];
    above.push(dirname(at));
  }
}

function rulesOf(folder: string): Rules[] {
  const file = join(folder, '.gitignore');
  // Git does not follow a link there, either.
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) return [];
  try {
    const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '');
    return [{ folder, ignore: ignore({ allowRelativePaths: true, ignorecase: IGNORES_CASE }).add(text) }];
  } catch (cause) {
    throw unreadable(file, 'cannot be read', 'read it', cause);
  }
}

/** The innermost rule that speaks of a path decides, as in git. */
function isIgnored(rules: readonly Rules[], path: string, isFolder: boolean): boolean {
  let ignored = false;
  for (const rule of rules) {
    const verdict = verdictOf(rule, path, isFolder);
    if (verdict.ignored) ignored = true;
    if (verdict.unignored) ignored = false;
  }
  return ignored;
}

/** Rules that would leave a folder out, and were overruled by inner ones, would leave out all that is in it. */
const stillSpeaking = (rules: readonly Rules[], folder: string): Rules[] =>
  rules.filter((rule) => !verdictOf(rule, folder, true).ignored);

const verdictOf = ({ folder, ignore }: Rules, path: string, isFolder: boolean) =>
  ignore.test(`${relative(folder, path).split(sep).join('/')}${isFolder ? '/' : ''}`);

/** What a document without a title is called. */
export const stemOf = (path: string): string => basename(path).replace(/\.[^.]+$/, '');
