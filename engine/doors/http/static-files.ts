/** The files of the page, and nothing beside them. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** Parts of a path that a file of the page can have: none begins with a dot, none names a drive or another folder. */
const PART = /^[\w@-][\w.@ -]*$/;

/**
 * The file that a URL's path names; null where it names none of this folder. A path without an extension is one of the
 * page's own addresses, for which its `index.html` answers.
 */
export function staticFile(folder: string, pathname: string): Response | null {
  const path = filePath(pathname);
  const found = path === null ? null : contained(folder, path);
  if (found === null) return null;
  const type = TYPES[extname(found).toLowerCase()] ?? 'application/octet-stream';
  const isNamedByContent = pathname.startsWith('/assets/');
  return new Response(readFileSync(found), {
    headers: {
      'content-type': type,
      'cache-control': isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache',
    },
  });
}

/** Relative path of the file; null where the URL's path is not a plain one. */
function filePath(pathname: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  const parts = decoded.split('/').filter((part) => part !== '');
  if (!parts.every((part) => PART.test(part))) return null;
  return extname(decoded) === '' ? 'index.html' : join(...parts);
}

/** Symbolic links are followed first: what counts is where the file really lies. */
function contained(folder: string, path: string): string | null {
  try {
    const root = realpathSync(folder);
    const file = realpathSync(join(root, path));
    return file.startsWith(root + sep) && statSync(file).isFile() ? file : null;
  } catch {
    return null;
  }
}
