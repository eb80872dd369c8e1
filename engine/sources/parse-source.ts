/** What a person means by `--source`: a path or a URL becomes a source that can be opened and written down. */
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlumblineError } from '../errors.ts';
import type { SourceConfig } from '../source-config.ts';

export interface ParseOptions {
  /** Where a relative path starts. */
  readonly from: string;
  /** What the source is to be called; default: after the file. */
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
  switch (scheme) {
    case undefined:
      return pathSource(resolve(options.from, source), options.name);
    case 'file':
      return pathSource(filePath(source), options.name);
    default:
      throw new PlumblineError('SOURCE_KIND_UNKNOWN', `sources of the kind "${scheme}" cannot be read`, {
        hint: 'This version reads SQLite database files: give the path of one.',
      });
  }
}

/** A path is what lies there: the kinds that are files or folders are told apart here. */
function pathSource(path: string, name = basename(path, extname(path))): SourceConfig {
  return { kind: 'sqlite', name, path };
}

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
