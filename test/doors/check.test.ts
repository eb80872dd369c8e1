/** The gate for pipelines: policy, exit code, and a page that is safe to open. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Parser } from 'htmlparser2';
import { expect, it } from 'vitest';
import { documentOf, expectFailure, plumbline } from '../support/cli.ts';
import { makeWorkspace, type TestWorkspace } from '../support/workspace.ts';

const EVIL = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;`;

async function makeDrifted(): Promise<TestWorkspace> {
  const workspace = await makeWorkspace((db) => {
    db.exec(`CREATE TABLE "n<b>ote" (id TEXT PRIMARY KEY, body TEXT)`);
    const insert = db.prepare('INSERT INTO "n<b>ote" VALUES (?, ?)');
    for (let id = 1; id <= 10; id += 1) insert.run(`k${id}`, `note number ${id}`);
  });
  await workspace.run('index');
  workspace.change((db) => {
    db.prepare(`UPDATE "n<b>ote" SET body = ? WHERE id = 'k1'`).run(EVIL);
    db.prepare('INSERT INTO "n<b>ote" VALUES (?, ?)').run(EVIL, EVIL);
  });
  return workspace;
}

it('holds drift against the policy of the option, the configuration, or none at all', async () => {
  const workspace = await makeDrifted();
  const { folder } = workspace;
  const check = async (...args: string[]) => {
    const result = await plumbline(['check', '--json', ...args], { cwd: folder });
    const { broken } = documentOf(result) as { broken: { rule: string; found: number }[] };
    return { code: result.code, broken: broken.map(({ rule, found }) => `${rule} ${found}`) };
  };
  expect(await check()).toEqual({ code: 3, broken: ['drift>0 2'] });
  expect(await check('--fail-on', 'orphaned>0, stale > 1')).toEqual({ code: 0, broken: [] });
  const entry = { key: ['id'], template: '{{body}}' };
  workspace.configure({ failOn: 'stale>0', entityTypes: { 'n<b>ote': { ...entry, failOn: 'missing>=1' } } });
  expect(await check()).toEqual({ code: 3, broken: ['missing>=1 1'] });
  workspace.configure({ failOn: 'stale>50%', entityTypes: { 'n<b>ote': entry } });
  expect(await check()).toEqual({ code: 0, broken: [] });
  expect(await check('--fail-on', 'stale>0')).toEqual({ code: 3, broken: ['stale>0 1'] });
  const invalid = { code: 'POLICY_INVALID', exit: 2, message: /"vanished"/, hint: /missing>0,stale>1%/ };
  await expectFailure(['check', '--fail-on', 'vanished>0'], invalid, { cwd: folder });
  const needsDeep = { code: 'POLICY_NEEDS_DEEP', exit: 2, message: /lost>0/, hint: /--deep/ };
  await expectFailure(['check', '--fail-on', 'lost>0'], needsDeep, { cwd: folder });
  expect(await check('--deep', '--fail-on', 'lost>0')).toEqual({ code: 0, broken: [] });
});

it('writes one page that needs nothing else and in which data stays data', async () => {
  const { folder } = await makeDrifted();
  const result = await plumbline(['check', '--report', 'out.html'], { cwd: folder });
  expect(result).toMatchObject({
    code: 3,
    out: expect.stringContaining('policy BROKEN  n<b>ote: drift>0, found 2'),
  });
  expect(readdirSync(folder).filter((name) => name.includes('out.html'))).toEqual(['out.html']);
  const html = readFileSync(join(folder, 'out.html'), 'utf8');
  const tags = new Set<string>();
  const attributes = new Set<string>();
  let text = '';
  const parser = new Parser({
    onopentag(name, found) {
      tags.add(name);
      for (const attribute of Object.keys(found)) attributes.add(attribute);
    },
    ontext: (part) => (text += part),
  });
  parser.end(html);
  for (const tag of ['script', 'img', 'b', 'link', 'iframe']) expect([...tags]).not.toContain(tag);
  for (const attribute of ['onerror', 'src', 'href']) expect([...attributes]).not.toContain(attribute);
  expect(text).toContain('policy broken');
  expect(text).toContain('n<b>ote');
  expect(text).toContain(EVIL);
  expect(html).not.toMatch(/https?:/);

  rmSync(join(folder, 'out.html'));
  const nowhere = { code: 'REPORT_UNWRITABLE', exit: 2, message: /its folder does not exist/ };
  await expectFailure(['check', '--report', 'no/such/out.html'], nowhere, { cwd: folder });
});
