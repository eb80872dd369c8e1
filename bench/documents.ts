/**
 * A folder of Markdown files: the first index, the same again with nothing to do, and again after a kill in its middle. Time is
 * compared with five minutes, memory with the runtime's own footprint (the same with a single file), and the way to the next
 * commit after the kill with that to the very first one: what resuming costs is the difference. The job is back when it is running
 * again, its source open and its files read; all times are from the start of the process.
 *
 *   node bench/documents.ts [--files 974] [--smoke]
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { watchMemory } from './process-memory.ts';

const { values } = parseArgs({
  options: { files: { type: 'string', default: '974' }, smoke: { type: 'boolean', default: false } },
});
const FILES = values.smoke ? 300 : Number(values.files);
const LIMIT_SECONDS = 300;
const NO_JOB: JobRow = { state: 'none', processed: 0 };
const PARAGRAPHS = 12;
const WORDS_PER_PARAGRAPH = 90;
const WORDS =
  'river stone cell energy market village engine letter winter signal garden protein orbit harvest bridge theory ocean ' +
  'mirror copper journey muscle tariff glacier novel circuit forest empire vaccine melody granite';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
try {
  const one = await firstIndex('one', 1);
  const all = await firstIndex('all', FILES);
  const again = await run(join(folder, 'all'), 'index');
  const resumed = await resumeAfterKill('killed', FILES);
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(
    [
      `${FILES} files (${megabytes(all.bytes)})`,
      `first index ${seconds(all.milliseconds)}, ${(all.milliseconds / 1000 / LIMIT_SECONDS).toFixed(3)} of five minutes`,
      `peak ${megabytes(all.peak)}, ${megabytes(all.peak - one.peak)} above that of one file`,
      `nothing to do ${seconds(again.milliseconds)}, ${(again.milliseconds / all.milliseconds).toFixed(3)} of the first`,
      `after a kill at ${resumed.before} files: running again after ${seconds(resumed.running)}, ` +
        `${seconds(resumed.milliseconds)} from start to the next commit, ` +
        `${(resumed.milliseconds / resumed.firstCommit).toFixed(2)} of the way to the very first one`,
    ].join('\n'),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

interface Run {
  readonly milliseconds: number;
  readonly peak: number;
}

async function firstIndex(name: string, files: number): Promise<Run & { readonly bytes: number }> {
  const workspace = join(folder, name);
  const bytes = writeNotes(join(folder, `${name}-notes`), files);
  await run(workspace, 'init', '--source', join(folder, `${name}-notes`));
  return { ...(await run(workspace, 'index')), bytes };
}

/** Kills an index job in its middle; the time from the start of `resume` to the first files that it adds. */
async function resumeAfterKill(name: string, files: number) {
  const workspace = join(folder, name);
  writeNotes(join(folder, `${name}-notes`), files);
  await run(workspace, 'init', '--source', join(folder, `${name}-notes`));
  const firstStartedAt = performance.now();
  const first = start(workspace, 'index');
  await processedAbove(workspace, first, 0);
  const firstCommit = performance.now() - firstStartedAt;
  const half = await processedAbove(workspace, first, Math.floor(files / 4));
  const killed = exited(first);
  first.kill('SIGKILL');
  await killed;
  const before = Math.max(half, jobNow(workspace).processed);
  const startedAt = performance.now();
  const second = start(workspace, 'resume', '1');
  await inState(workspace, second, 'interrupted');
  await inState(workspace, second, 'running');
  const running = performance.now() - startedAt;
  await processedAbove(workspace, second, before);
  const milliseconds = performance.now() - startedAt;
  await exited(second);
  return { before, running, milliseconds, firstCommit };
}

async function processedAbove(workspace: string, child: ChildProcess, count: number): Promise<number> {
  const job = await newestJob(workspace, child, ({ processed }) => processed > count);
  return job.processed;
}

async function inState(workspace: string, child: ChildProcess, state: string): Promise<void> {
  await newestJob(workspace, child, (job) => job.state === state);
}

/** Waits for the newest job to be as it is wanted. */
async function newestJob(
  workspace: string,
  child: ChildProcess,
  isWanted: (job: JobRow) => boolean,
): Promise<JobRow> {
  for (;;) {
    const now = jobNow(workspace);
    if (isWanted(now)) return now;
    if (child.exitCode !== null)
      throw new Error('the job ended before its middle was seen: give it more files');
    await wait(5);
  }
}

interface JobRow {
  readonly state: string;
  /** Files that it has committed. */
  readonly processed: number;
}

/** The newest job as the catalog has it. */
function jobNow(workspace: string): JobRow {
  try {
    const db = new Database(join(workspace, '.plumbline', 'catalog.db'), {
      readonly: true,
      fileMustExist: true,
    });
    try {
      return (
        db.prepare<[], JobRow>('SELECT state, processed FROM job ORDER BY id DESC LIMIT 1').get() ?? NO_JOB
      );
    } finally {
      db.close();
    }
  } catch {
    return NO_JOB;
  }
}

async function run(workspace: string, ...args: string[]): Promise<Run> {
  const startedAt = performance.now();
  const child = start(workspace, ...args);
  const memory = watchMemory(child.pid ?? 0);
  const code = await exited(child);
  const peak = memory.stop();
  if (code !== 0) throw new Error(`plumbline ${args[0]} ended with exit code ${code}`);
  return { milliseconds: performance.now() - startedAt, peak };
}

function start(workspace: string, ...args: string[]): ChildProcess {
  const bin = join(import.meta.dirname, '../bin/plumbline.mjs');
  return spawn(process.execPath, [bin, ...args, '-w', workspace], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => void child.on('exit', resolve));
}

/** Notes with front matter, all different, always the same; their size in bytes. */
function writeNotes(path: string, files: number): number {
  const words = WORDS.split(' ');
  let state = 1;
  const next = (): string => {
    state = (state * 48_271) % 2_147_483_647;
    return words[state % words.length] ?? '';
  };
  const paragraph = () => `${Array.from({ length: WORDS_PER_PARAGRAPH }, next).join(' ')}.`;
  let bytes = 0;
  for (let i = 0; i < files; i++) {
    const body = Array.from({ length: PARAGRAPHS }, paragraph).join('\n\n');
    const text = `---\ntags: [${next()}, ${next()}]\nyear: ${1900 + (i % 100)}\n---\n\n# Note ${i} on ${next()}\n\n${body}\n`;
    mkdirSync(join(path, `part ${i % 20}`), { recursive: true });
    writeFileSync(join(path, `part ${i % 20}`, `note ${i}.md`), text);
    bytes += Buffer.byteLength(text);
  }
  return bytes;
}
