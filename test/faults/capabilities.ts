/** Which verbs this build has: read from its own help, so that the harness grows with it. */
import { execFileSync } from 'node:child_process';
import { BIN } from './child.ts';

const help = (...args: string[]): string =>
  execFileSync(process.execPath, [BIN, ...args, '--help'], { encoding: 'utf8' });

const verbs = new Set([...help().matchAll(/^ {2}([a-z][a-z-]+)( |$)/gm)].map(([, verb]) => verb ?? ''));

export const hasVerb = (verb: string): boolean => verbs.has(verb);
export const hasDeep: boolean = help('validate').includes('--deep');
/** `--deep` where validations know it. */
export const DEEP: readonly string[] = hasDeep ? ['--deep'] : [];
