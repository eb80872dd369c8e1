/**
 * Electron's binary. Its npm package comes without: it is fetched when it is first used. Done here instead, so that there is
 * progress to see and an end to the waiting where the machine is offline.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const require = createRequire(import.meta.url);
const folder = dirname(require.resolve('electron/package.json'));

/** No byte for so long, and whoever waits gets the page in a browser instead. */
const STALL_MS = 5000;

/** What is needed of `@electron/get`, which comes with Electron. */
interface Get {
  downloadArtifact(options: {
    readonly version: string;
    readonly artifactName: 'electron';
    readonly platform: string;
    readonly arch: string;
    readonly checksums: Record<string, string>;
    readonly downloadOptions: {
      readonly quiet: true;
      readonly signal: AbortSignal;
      readonly getProgressCallback: (progress: { readonly percent: number }) => void;
    };
  }): Promise<string>;
}

export interface DownloadOptions {
  /** Share that is there, 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
  readonly stallMs?: number;
}

export const electronVersion = (require('electron/package.json') as { version: string }).version;

/** The program; null where it is not here. As electron/index.js finds it, without its download. */
export function findElectron(): string | null {
  const own = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const pathFile = join(folder, 'path.txt');
  if (own === undefined && !existsSync(pathFile)) return null;
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : 'electron';
  const program = join(own ?? join(folder, 'dist'), name);
  return existsSync(program) ? program : null;
}

/**
 * Fetches and unpacks it. Rejects, with what went wrong, when the signal aborts or nothing comes for too long; what was
 * fetched whole stays in Electron's cache.
 */
export async function downloadElectron({
  onProgress,
  signal,
  stallMs = STALL_MS,
}: DownloadOptions): Promise<void> {
  const { downloadArtifact } = createRequire(join(folder, 'package.json'))('@electron/get') as Get;
  const stalled = new AbortController();
  const giveUp = (): void => stalled.abort(new Error(`no answer for ${stallMs / 1000} seconds`));
  let timer = setTimeout(giveUp, stallMs);
  try {
    await downloadArtifact({
      version: electronVersion,
      artifactName: 'electron',
      platform: process.platform,
      arch: process.arch,
      checksums: require('electron/checksums.json') as Record<string, string>,
      downloadOptions: {
        quiet: true,
        signal: AbortSignal.any([signal, stalled.signal]),
        getProgressCallback({ percent }) {
          clearTimeout(timer);
          timer = setTimeout(giveUp, stallMs);
          onProgress(percent);
        },
      },
    });
  } finally {
    clearTimeout(timer);
  }
  // Finds it in the cache, and unpacks it.
  await promisify(execFile)(process.execPath, [join(folder, 'install.js')], { signal });
}

/** The innermost reason: `fetch failed` says nothing. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
