/**
 * Flips one byte of a workspace's files and follows what becomes of it: who notices first, what is repaired, what is
 * refused, and what goes unnoticed, with the reason. Whatever is flipped, nothing may crash, hang, or end in an index
 * that is called sound and is not.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  cpSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Output, Report } from '../../engine/contract.ts';
import { parse } from '../../engine/json.ts';
import { Random } from '../../engine/sample/random.ts';
import { catalogPath, number, readIndexed, textDifferences, textsOf } from './catalog-state.ts';
import { expectRun, start, startScript } from './child.ts';
import { makeFaultWorkspace, mutateSource, readSource } from './notes.ts';

export const flipTargets = ['snapshot', 'manifest', 'catalog', 'wal'] as const;
export type FlipTarget = (typeof flipTargets)[number];

/** Who noticed first: opening, an ordinary search or validation, a deep validation, doctor, nobody. */
export type Noticed = 'open' | 'read' | 'deep' | 'doctor' | 'unnoticed';
/** What it came to: mended by fix-drift (or by itself), nothing to mend, refused, or still drifted. */
export type End = 'repaired' | 'unharmed' | 'refused' | 'left drifted';

export interface Flip {
  readonly target: FlipTarget;
  /** The file's part, for a catalog its b-tree and kind of page. */
  readonly where: string;
  readonly noticed: Noticed;
  /** Code or words of whoever noticed; for what went unnoticed, why that is no harm, or what it is. */
  readonly detail: string;
  readonly end: End;
}

export interface FlipOptions {
  readonly folder: string;
  readonly seed: number;
  /** Per target. */
  readonly flips: number;
  readonly targets: readonly FlipTarget[];
  readonly log: (line: string) => void;
}

export interface FlipResult {
  readonly flips: readonly Flip[];
  /** Crashes, hangs, and indexes that are called sound and are not. */
  readonly divergences: readonly string[];
}

const ROWS = 1100;
const PAGE = 4096;
const PROBE = fileURLToPath(new URL('flip-probe.ts', import.meta.url));

export async function flipBytes(options: FlipOptions): Promise<FlipResult> {
  const { folder, seed, log } = options;
  const random = new Random(seed);
  log(`seed ${seed}: ${options.flips} flips each of ${options.targets.join(', ')}`);
  const settled = join(folder, 'settled');
  await settle(settled, random);
  const killed = join(folder, 'killed');
  if (options.targets.includes('wal')) await killMidway(settled, killed, random);
  const flips: Flip[] = [];
  const divergences: string[] = [];
  for (const target of options.targets) {
    const template = target === 'wal' ? killed : settled;
    const before = contentOf(template);
    for (let i = 1; i <= options.flips; i += 1) {
      const copy = join(folder, 'copy');
      cpSync(template, copy, { recursive: true });
      const where = flipOne(copy, target, random);
      try {
        const flip = explained({ target, where, ...(await follow(copy, before)) });
        flips.push(flip);
        log(`${target} ${i}: ${where}; noticed by ${flip.noticed}: ${flip.detail}; ${flip.end}`);
      } catch (error) {
        divergences.push(`${target}, ${where}: ${(error as Error).message.slice(0, 1500)}`);
        log(`DIVERGES ${divergences.at(-1)}`);
      }
      rmSync(copy, { recursive: true, force: true });
    }
  }
  return { flips, divergences };
}

/** SQLite sums its log up: what does not fit, and all commits behind it, never were. A job goes on from an earlier place. */
function explained(flip: Flip): Flip {
  if (flip.target !== 'wal' || flip.noticed !== 'unnoticed' || !flip.detail.startsWith('rows')) return flip;
  return {
    ...flip,
    detail: 'commits from there on are gone, as if the process had died before',
    end: 'repaired',
  };
}

/** Indexed, changed, repaired: with tombstones, undo records, reports. Nothing is left in the log. */
async function settle(folder: string, random: Random): Promise<void> {
  makeFaultWorkspace(folder, random, ROWS);
  await expectRun(folder, ['index']);
  mutateSource(folder, random, 60);
  await expectRun(folder, ['fix-drift']);
}

/** Killed in the middle of a job, so that commits are in the log alone. */
async function killMidway(settled: string, folder: string, random: Random): Promise<void> {
  cpSync(settled, folder, { recursive: true });
  mutateSource(folder, random, 300);
  const { child, ended, isOver } = start(folder, ['index', '--force']);
  while (!isOver() && number(folder, 'SELECT processed FROM job ORDER BY id DESC LIMIT 1') < ROWS / 3)
    await wait(3);
  child.kill('SIGKILL');
  await ended;
  if ((statSync(`${catalogPath(folder)}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0)
    throw new Error('the killed process left no log');
}

function flipOne(folder: string, target: FlipTarget, random: Random): string {
  const file = fileOf(folder, target);
  const descriptor = openSync(file, 'r+');
  try {
    const at = random.below(fstatSync(descriptor).size);
    const where =
      target === 'catalog' ? pageOwner(folder, 1 + Math.floor(at / PAGE)) : `byte ${at} of ${basename(file)}`;
    const byte = Buffer.alloc(1);
    readSync(descriptor, byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ random.between(1, 255);
    writeSync(descriptor, byte, 0, 1, at);
    return where;
  } finally {
    closeSync(descriptor);
  }
}

function fileOf(folder: string, target: FlipTarget): string {
  if (target === 'catalog') return catalogPath(folder);
  if (target === 'wal') return `${catalogPath(folder)}-wal`;
  const vectors = join(folder, '.plumbline', 'vectors');
  const suffix = target === 'manifest' ? 'manifest.json' : '.hnsw';
  const name = readdirSync(vectors, { recursive: true })
    .map(String)
    .find((file) => file.endsWith(suffix));
  if (name === undefined) throw new Error(`there is no ${target}: more rows are needed`);
  return join(vectors, name);
}

/** The b-tree that a page belongs to. */
function pageOwner(folder: string, page: number): string {
  const db = new Database(catalogPath(folder), { readonly: true });
  try {
    const row = db
      .prepare<[number], { name: string; pagetype: string }>(
        'SELECT name, pagetype FROM dbstat WHERE pageno = ?',
      )
      .get(page);
    return row === undefined ? `page ${page} (free, or a pointer map)` : `${row.name} (${row.pagetype} page)`;
  } finally {
    db.close();
  }
}

interface ProbeLine {
  readonly step: string;
  readonly notices: readonly string[];
  readonly output?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Lets the probe loose on a damaged workspace. @throws Error where something crashes, hangs, or is wrong in the end. */
async function follow(folder: string, before: Content): Promise<Omit<Flip, 'target' | 'where'>> {
  const changed = changedTables(contentOf(folder), before);
  const { code, signal, hung, out, err } = await startScript([PROBE, folder]).ended;
  const lines = out
    .trim()
    .split('\n')
    .map((line) => parse(line) as ProbeLine);
  const last = lines.at(-1)?.step;
  if (hung) throw new Error(`hangs after ${last}: ${err.slice(-500)}`);
  if (code !== 0) throw new Error(`ends with ${signal ?? code} after ${last}: ${err.slice(-1000)}`);
  const noticed = firstNotice(lines) ?? { noticed: 'unnoticed', detail: changed };
  const repair = lines.find((line) => line.step === 'repair');
  const again = lines.find((line) => line.step === 'again');
  if ([repair, again].some((line) => line === undefined || isRefused(line)))
    return { ...noticed, end: 'refused' };
  if (!isClean(reportOf(again))) return { ...noticed, end: 'left drifted' };
  const differences = textDifferences(textsOf(readIndexed(folder)), readSource(folder));
  if (differences.length > 0)
    throw new Error(`is called sound and is not: ${differences.slice(0, 3).join('; ')}`);
  return { ...noticed, end: noticed.noticed === 'unnoticed' ? 'unharmed' : 'repaired' };
}

/** In the order in which people would meet it. */
function firstNotice(lines: readonly ProbeLine[]): { noticed: Noticed; detail: string } | null {
  for (const line of lines) {
    const opening = line.notices.find((notice) => /^(SNAPSHOT|MANIFEST)_/.test(notice));
    if (opening !== undefined)
      return { noticed: 'open', detail: `${opening.split(':', 1)[0]}, index rebuilt` };
    if (line.error !== undefined) {
      const noticed = line.step === 'status' ? 'open' : line.step === 'deep' ? 'deep' : 'read';
      return { noticed, detail: `${line.error.code} at ${line.step}` };
    }
    if (line.step === 'validate' || line.step === 'deep') {
      const failure = failedJob(line);
      if (failure !== null) return { noticed: line.step === 'deep' ? 'deep' : 'read', detail: failure };
    }
    if (line.step === 'deep') {
      const found = deepFinding(reportOf(line));
      if (found !== null) return { noticed: 'deep', detail: found };
    }
    if (line.step === 'doctor') {
      const bad = (line.output as Output<'doctor'>).checks.find(
        (check) => !check.ok && /^(catalog|index )/.test(check.name),
      );
      if (bad !== undefined) return { noticed: 'doctor', detail: bad.name };
    }
  }
  return null;
}

function failedJob({ output }: ProbeLine): string | null {
  const { error } = output as Output<'validate'>;
  return error === undefined ? null : error.code;
}

/** Stopped with a code of its own, whether as a whole or in its job. */
const isRefused = (line: ProbeLine): boolean => line.error !== undefined || failedJob(line) !== null;

const reportOf = (line: ProbeLine | undefined): Report | undefined =>
  (line?.output as Output<'validate'> | undefined)?.reports[0];

function deepFinding(report: Report | undefined): string | null {
  if (report === undefined) return 'no report';
  const { lost, ghost, corrupt, deep } = report;
  const classes = Object.entries({ lost, ghost, corrupt }).flatMap(([name, count]) =>
    (count ?? 0) > 0 ? [name] : [],
  );
  if (deep?.fullTextSound === false) classes.push('full text');
  if (deep?.rebuilt !== null && deep?.rebuilt !== undefined) classes.push(deep.rebuilt.code);
  return classes.length === 0 ? null : classes.join(', ');
}

const isClean = (report: Report | undefined): boolean =>
  report?.state === 'in_sync' && deepFinding(report) === null;

/** Digest of each table's rows; of those that cannot be read, the error. */
type Content = ReadonlyMap<string, string>;

function contentOf(folder: string): Content {
  const content = new Map<string, string>();
  try {
    const db = new Database(catalogPath(folder), { readonly: true });
    try {
      const tables = db
        .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'document_fts'`)
        .pluck()
        .all();
      for (const table of tables) content.set(table, digestOf(db, table));
    } finally {
      db.close();
    }
  } catch (error) {
    content.set('all', (error as Error).message);
  }
  return content;
}

function digestOf(db: Database.Database, table: string): string {
  const hash = createHash('sha1');
  try {
    for (const row of db.prepare(`SELECT * FROM "${table}"`).raw().iterate()) {
      for (const value of row as unknown[])
        hash.update(Buffer.isBuffer(value) ? value : String(value)).update('|');
    }
    return hash.digest('hex');
  } catch (error) {
    return (error as Error).message;
  }
}

function changedTables(now: Content, before: Content): string {
  const tables = [...new Set([...now.keys(), ...before.keys()])].filter(
    (name) => now.get(name) !== before.get(name),
  );
  return tables.length === 0
    ? 'unused bytes: no row reads otherwise, and every b-tree is sound'
    : `rows read otherwise in ${tables.join(', ')}`;
}

/** Counts, as lines of text: per target who noticed and how it ended, then what went unnoticed and why. */
export function flipTable({ flips }: FlipResult): string[] {
  const lines = flipTargets.flatMap((target) => {
    const own = flips.filter((flip) => flip.target === target);
    const pairs = countBy(
      own,
      ({ noticed, end }) => `${noticed === 'unnoticed' ? noticed : `noticed by ${noticed}`}, ${end}`,
    );
    return own.length === 0
      ? []
      : [`${target}, ${own.length} flips`, ...pairs.map(([what, count]) => `  ${count} ${what}`)];
  });
  const details = countBy(flips, ({ target, where, noticed, detail, end }) =>
    [target, target === 'catalog' ? where : '', noticed, detail, end]
      .filter((part) => part !== '')
      .join(' · '),
  );
  return [...lines, 'in detail', ...details.map(([what, count]) => `  ${count} ${what}`)];
}

function countBy<T>(items: readonly T[], nameOf: (item: T) => string): [string, number][] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}
