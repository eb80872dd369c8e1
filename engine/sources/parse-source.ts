/** What a person means by `--source`: a path or a URL becomes a source that can be opened and written down. */
import { statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlumblineError } from '../errors.ts';
import { parseServerUrl } from '../server-address.ts';
import { SERVER_SCHEMES, sourceSchema, type ServerConfig, type SourceConfig } from '../source-config.ts';
import { documentKind } from './documents/kinds.ts';
import { dataFormat, dataName } from './files/data-format.ts';

export interface ParseOptions {
  /** Where a relative path starts. */
  readonly from: string;
  /** What the source is to be called; default: after the file or the database. */
  readonly name?: string | undefined;
}

/**
 * Paths come out absolute. Whether there is such a source is for its connector to find out.
 * @throws PlumblineError `USAGE`, `SOURCE_KIND_UNKNOWN`.
 */
export function parseSource(source: string, options: ParseOptions): SourceConfig {
  if (source.trim() === '') {
    throw new PlumblineError('USAGE', 'the source has no name', {
      hint: 'For example: --source shop.sqlite',
    });
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(source)?.[1]?.toLowerCase();
  if (scheme === undefined) return pathSource(resolve(options.from, source), options.name);
  if (scheme === 'file') return pathSource(filePath(source), options.name);
  const kind = SERVER_KINDS.get(scheme);
  if (kind !== undefined) return serverSource(kind, source, options.name);
  throw new PlumblineError('SOURCE_KIND_UNKNOWN', `sources of the kind "${scheme}" cannot be read`, {
    hint: `Give the path of a file, or a URL that starts with ${[...SERVER_KINDS.keys()].map((name) => `${name}://`).join(', ')}.`,
  });
}

/** Kinds of servers by the schemes of their URLs. */
const SERVER_KINDS = new Map<string, ServerConfig['kind']>(
  Object.entries(SERVER_SCHEMES).flatMap(([kind, schemes]) =>
    schemes.map((scheme): [string, ServerConfig['kind']] => [scheme, kind as ServerConfig['kind']]),
  ),
);

/** By its parts, so that the password can be kept apart from the rest. */
function serverSource(kind: ServerConfig['kind'], url: string, name: string | undefined): SourceConfig {
  const parsed = parseServerUrl(url, SERVER_SCHEMES[kind]);
  const { address } = 'address' in parsed ? parsed : { address: undefined };
  if (address?.database === undefined) {
    const problem = 'problem' in parsed ? parsed.problem : 'does not name a database';
    throw new PlumblineError('USAGE', `the URL of the source ${problem}`, {
      hint: `For example: --source ${SERVER_SCHEMES[kind][0]}://reader@db.example/shop`,
    });
  }
  return sourceSchema.parse({ kind, name: name ?? address.database, ...address });
}

/** A path is what lies there: the kinds that are files or folders are told apart here. */
function pathSource(path: string, name?: string): SourceConfig {
  if (isFolder(path) || documentKind(path) !== null) {
    return { kind: 'documents', name: name ?? basename(path), path };
  }
  if (dataFormat(path) !== null) return { kind: 'files', name: name ?? dataName(path), path };
  return { kind: 'sqlite', name: name ?? basename(path, extname(path)), path };
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function filePath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new PlumblineError('USAGE', `${url} is not the address of a file: ${(cause as Error).message}`, {
      hint: 'Give the path itself, for example: --source shop.sqlite',
      cause,
    });
  }
}
