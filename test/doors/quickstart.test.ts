/** The quickstart as a person starts it: it checks its own promises, so its exit code says most. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/quickstart.ts', import.meta.url));
/** What the quickstart promises: under a minute. */
const PROMISED_MS = 60_000;

test('shows drift, repair and search on a shop, and keeps the workspace', { timeout: 120_000 }, async () => {
  const run = start();
  const startedAt = performance.now();
  const { code, out, err } = await run.ended;

  expect(`${out}${err}`).toContain('Every step kept its promise');
  expect(code).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(PROMISED_MS);
  for (const step of ['init', 'index', 'validate', 'drift', 'fix-drift', 'search']) {
    expect(out).toContain(`$ plumbline ${step}`);
  }
  expect(out).toMatch(/orders {2}DRIFTED/);
  expect(out).toMatch(/missing +12\n/);
  expect(out).toMatch(/stale +9\n/);
  expect(out).toMatch(/orphaned +6\n/);
  expect(out.lastIndexOf('IN SYNC')).toBeGreaterThan(out.indexOf('$ plumbline fix-drift'));
  expect(out).toContain('Now on your own database');
  // Nothing but the workspace: ONNX Runtime's telemetry would leave files of its own.
  const left = readdirSync(run.temporary);
  expect(left).toEqual([expect.stringMatching(/^plumbline-shop-/)]);
  const folder = join(run.temporary, left[0] ?? '');
  expect(out).toContain(folder);
  expect(existsSync(join(folder, '.plumbline', 'catalog.db'))).toBe(true);
});

test('leaves nothing behind when interrupted before there is an index', async () => {
  const run = start();
  run.child.stdout.once('data', () => run.child.kill('SIGINT'));
  const { code, err } = await run.ended;

  expect(err).toContain('Interrupted');
  expect(code).toBe(5);
  expect(readdirSync(run.temporary)).toEqual([]);
});

/** Where programs put what they leave: all of it into one folder. */
function everythingIn(folder: string): Record<string, string> {
  return {
    TMPDIR: folder,
    TMP: folder,
    TEMP: folder,
    HOME: folder,
    USERPROFILE: folder,
    XDG_CACHE_HOME: folder,
  };
}

/** Starts it with a temporary folder of its own, which goes with the test. */
function start() {
  const temporary = mkdtempSync(join(tmpdir(), 'plumbline-test-'));
  onTestFinished(() => rmSync(temporary, { recursive: true, force: true }));
  const child = spawn(process.execPath, [SCRIPT], {
    env: { ...process.env, ...everythingIn(temporary), ORT_DISABLE_TELEMETRY: undefined },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
  return { temporary, child, ended };
}
