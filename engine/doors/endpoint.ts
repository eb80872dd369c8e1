/** Where a workspace is being served: a file that the server leaves for the command line. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { API } from '../routes.ts';
import { isLockFree, type WorkspacePaths } from '../workspace.ts';
import { readPrivateFile, writePrivateFile } from '../private-file.ts';
import { isSameSecret, proofOf, readToken } from './token.ts';

const endpointSchema = z.object({ url: z.url(), pid: z.int() });
export type Endpoint = z.infer<typeof endpointSchema>;

export const endpointFile = (paths: WorkspacePaths): string => join(paths.data, 'server.json');

/** The port of the REST door, unless it is taken or another one is named. */
export const DEFAULT_PORT = 8080;

/** How long a server may take to say that it is there: it answers from memory. */
const ANSWER_MS = 3000;

export function writeEndpoint(paths: WorkspacePaths, endpoint: Endpoint): void {
  writePrivateFile(endpointFile(paths), JSON.stringify(endpoint));
}

export function removeEndpoint(paths: WorkspacePaths): void {
  rmSync(endpointFile(paths), { force: true });
}

/** A server that is there, and how to be let in. */
export interface Served {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

/**
 * The server of a workspace; null where none runs. A file that a killed server left behind counts for nothing: the lock is
 * free then, or held by another process; and whoever has its port by now cannot prove to know the token.
 */
export async function findServer(paths: WorkspacePaths): Promise<Served | null> {
  const endpoint = readEndpoint(paths);
  if (endpoint === null || isLockFree(paths)) return null;
  const token = readToken(paths);
  if (token === null || !(await answers(endpoint.url, token))) return null;
  return { ...endpoint, token };
}

function readEndpoint(paths: WorkspacePaths): Endpoint | null {
  try {
    return endpointSchema.parse(JSON.parse(readPrivateFile(endpointFile(paths)) ?? 'null'));
  } catch {
    return null;
  }
}

async function answers(url: string, token: string): Promise<boolean> {
  const nonce = randomBytes(16).toString('hex');
  try {
    const response = await fetch(`${url}${API}/health?nonce=${nonce}`, {
      signal: AbortSignal.timeout(ANSWER_MS),
      redirect: 'error',
    });
    const { proof } = (await response.json()) as { proof?: unknown };
    return typeof proof === 'string' && isSameSecret(proof, proofOf(token, nonce));
  } catch {
    return false;
  }
}
