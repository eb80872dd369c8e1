/** The check of what is native, in plain Node; the packaged app runs the same. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { selftestSchema } from '../../engine/doors/selftest-report.ts';
import { selftest } from '../../engine/doors/selftest.ts';
import { workerUrls } from '../../workers/urls.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

it('npm run selftest prints one line that says all is well', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/selftest.ts'], { cwd: ROOT });
  expect(stdout.split('\n')).toHaveLength(2);
  const report = selftestSchema.parse(JSON.parse(stdout));
  expect(report).toMatchObject({ ok: true, versions: { node: process.versions.node, electron: null } });
  expect(report.checks.map(({ name, ok }) => [name, ok])).toEqual([
    ['sqlite', true],
    ['hnsw', true],
    ['embedding', true],
  ]);
});

it('says which part is missing, and still checks the others', async () => {
  const nothing = mkdtempSync(join(tmpdir(), 'plumbline-no-model-'));
  const vectors = new URL('file:///nowhere/vectors.js');
  const report = await selftest({ workers: { ...workerUrls, vectors }, builtinModel: nothing });
  rmSync(nothing, { recursive: true });
  expect(report.ok).toBe(false);
  expect(report.checks.map(({ ok }) => ok)).toEqual([true, false, false]);
  for (const { ok, detail } of report.checks) if (!ok) expect(detail).toMatch(/^[A-Z_]+: ./);
});
