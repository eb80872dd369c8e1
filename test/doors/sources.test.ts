/** Sources that cannot be read, or change under a running job: one clear line, a remedy, and nothing lost. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import {
  documentOf,
  expectFailure,
  newestJob,
  pause,
  plumbline,
  startPlumbline,
  untilInTheMiddle,
} from '../support/cli.ts';
import { fillNotes, makeManyNotes, MANY } from '../support/many-notes.ts';
import { makeWorkspace, temporaryFolder, type TestWorkspace } from '../support/workspace.ts';

/** Flips bytes in the header of the schema's page, or of every leaf page below it. */
function corrupt(path: string, where: 'first page' | 'leaves'): void {
  const bytes = readFileSync(path);
  const size = bytes.readUInt16BE(16);
  if (where === 'first page') bytes.fill(0xff, 100, 108);
  for (let at = size; where === 'leaves' && at < bytes.length; at += size) {
    if (bytes[at] === 0x0d) bytes.fill(0xff, at + 3, at + 7);
  }
  writeFileSync(path, bytes);
}

describe('init', () => {
  it('refuses what it cannot read, and writes nothing', async () => {
    const folder = temporaryFolder();
    const path = (name: string) => join(folder, name);
    writeFileSync(path('text.db'), 'just some text\n');
    // What SQLCipher leaves: no header, every byte random.
    writeFileSync(
      path('encrypted.db'),
      Buffer.from(Array.from({ length: 8192 }, (_, i) => (i * 131 + 89) % 251)),
    );
    writeFileSync(path('empty.db'), '');
    mkdirSync(path('folder.db'));
    for (const name of ['head.db', 'leaf.db']) {
      const db = new Database(path(name));
      fillNotes(db, 500);
      db.close();
    }
    corrupt(path('head.db'), 'first page');
    corrupt(path('leaf.db'), 'leaves');

    const refusals: [source: string, code: string, hint: RegExp][] = [
      ['nowhere.db', 'SOURCE_NOT_FOUND', /Check the path/],
      ['text.db', 'SOURCE_NOT_A_DATABASE', /plain SQLite database/],
      ['encrypted.db', 'SOURCE_NOT_A_DATABASE', /encrypted/],
      ['empty.db', 'SOURCE_EMPTY', /Check the path/],
      ['folder.db', 'SOURCE_EMPTY', /data files by a glob/],
      ['head.db', 'SOURCE_CORRUPT', /integrity_check/],
      ['leaf.db', 'SOURCE_CORRUPT', /integrity_check/],
      ['gopher://localhost/shop', 'SOURCE_KIND_UNKNOWN', /path of a file/],
      ['', 'USAGE', /--source shop\.sqlite/],
    ];
    for (const [source, code, hint] of refusals) {
      await expectFailure(
        ['init', '--source', source, '-w', 'made'],
        { code, exit: 2, hint },
        { cwd: folder },
      );
    }
    expect(existsSync(path('made'))).toBe(false);
  });

  it('says where to go when the folder is taken, a file, or below a file', async () => {
    const { folder } = await makeManyNotes(1);
    const before = readFileSync(join(folder, 'plumbline.yaml'), 'utf8');
    const init = ['init', '--source', 'source.sqlite'];
    const cwd = { cwd: folder };
    await expectFailure(init, { code: 'WORKSPACE_EXISTS', exit: 2, hint: /Nothing was changed/ }, cwd);
    expect(readFileSync(join(folder, 'plumbline.yaml'), 'utf8')).toBe(before);
    const taken = {
      code: 'WORKSPACE_UNWRITABLE',
      exit: 2,
      message: /a file is in the way/,
      hint: /-w <folder>/,
    };
    await expectFailure([...init, '-w', 'source.sqlite'], taken, cwd);
    await expectFailure([...init, '-w', 'source.sqlite/sub'], taken, cwd);
  });

  it('takes a file URL, and needs no table to be selected', async () => {
    const folder = temporaryFolder();
    const db = new Database(join(folder, 'a b.db'));
    db.exec('CREATE TABLE number (id INTEGER PRIMARY KEY, n INTEGER)');
    db.close();
    const made = await plumbline(['init', '--source', `file://${folder}/a%20b.db`], { cwd: folder });
    expect(made).toMatchObject({
      code: 0,
      out: expect.stringContaining('Next: select one under entityTypes:'),
    });
    await expectFailure(['index'], { code: 'NOTHING_SELECTED', exit: 2, hint: /discover/ }, { cwd: folder });
  });
});

describe('an indexed source', () => {
  it('that is gone, damaged or lacks a table or column fails before anything is done', async () => {
    const workspace = await makeWorkspace((db) => {
      fillNotes(db, 20);
      db.exec(
        `CREATE TABLE other (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO other VALUES (1, 'a title')`,
      );
    });
    const options = { cwd: workspace.folder };
    expect(await plumbline(['index'], options)).toMatchObject({ code: 0 });
    const jobs = newestJob(workspace.folder)?.id;

    workspace.change((db) => db.exec('ALTER TABLE other RENAME COLUMN title TO heading'));
    const column = { code: 'COLUMN_UNKNOWN', exit: 2, message: /"other" has no column "title"/ };
    await expectFailure(['index'], column, options);
    workspace.change((db) => db.exec('DROP TABLE other'));
    const table = { code: 'ENTITY_TYPE_UNKNOWN', exit: 2, message: /no table or view "other"/ };
    await expectFailure(['validate'], table, options);
    await expectFailure(['fix-drift', 'other'], table, options);

    const source = workspace.sourcePath;
    renameSync(source, `${source}.away`);
    await expectFailure(['validate', 'note'], { code: 'SOURCE_NOT_FOUND', exit: 2 }, options);
    copyFileSync(`${source}.away`, source);
    corrupt(source, 'leaves');
    const damaged = await plumbline(['validate', 'note', '--json'], options);
    expect(damaged.code).toBe(5);
    expect(damaged.err).toContain('error SOURCE_CORRUPT');
    renameSync(`${source}.away`, source);
    expect(await plumbline(['validate', 'note'], options)).toMatchObject({ code: 0 });
    // Of all that failed only the validation that began to read has left a job.
    expect(newestJob(workspace.folder)?.id).toBe((jobs ?? 0) + 2);
  });

  it('that another program has locked is waited for, and then named', async () => {
    const workspace = await makeManyNotes(20);
    const db = new Database(workspace.sourcePath);
    try {
      db.exec('BEGIN EXCLUSIVE');
      const busy = { code: 'SOURCE_BUSY', exit: 2, message: /locked by another program/, hint: /WAL mode/ };
      await expectFailure(['index'], busy, { cwd: workspace.folder });
      db.exec('ROLLBACK');
    } finally {
      db.close();
    }
    expect(await plumbline(['index'], { cwd: workspace.folder })).toMatchObject({ code: 0 });
  });
});

describe('during a job', () => {
  async function inTheMiddle(workspace: TestWorkspace, change: () => void) {
    const process = startPlumbline(['index', '--workers', '1', '--json'], { cwd: workspace.folder });
    await untilInTheMiddle(workspace.folder, process);
    await pause(process);
    change();
    process.child.kill('SIGCONT');
    return process.ended;
  }

  it('a source that is replaced by rename stops it, and the next run reads the new one', async () => {
    const workspace = await makeManyNotes(MANY);
    const other = join(workspace.folder, 'other.sqlite');
    const db = new Database(other);
    fillNotes(db, 50);
    db.close();
    const result = await inTheMiddle(workspace, () => renameSync(other, workspace.sourcePath));
    expect(documentOf(result)).toMatchObject({
      jobs: [{ state: 'failed', error: { code: 'SOURCE_REPLACED' } }],
      error: { code: 'SOURCE_REPLACED', hint: expect.stringContaining('it reads the new file') },
    });
    expect(result.code).toBe(2);
    const again = await plumbline(['index', '--json'], { cwd: workspace.folder });
    expect(documentOf(again)).toMatchObject({ jobs: [{ state: 'completed', total: 50 }] });
    const fixed = await plumbline(['fix-drift', '--max-delete', '100%'], { cwd: workspace.folder });
    expect(fixed).toMatchObject({ code: 0, out: expect.stringContaining('IN SYNC') });
  });

  it('a source that is deleted stops it, and nothing that was indexed is lost', async () => {
    const workspace = await makeManyNotes(MANY);
    const kept = join(workspace.folder, 'kept.sqlite');
    copyFileSync(workspace.sourcePath, kept);
    const result = await inTheMiddle(workspace, () => rmSync(workspace.sourcePath));
    expect(result.code).not.toBe(0);
    expect(result.err).toMatch(/error SOURCE_(NOT_FOUND|REPLACED): /);
    const before = newestJob(workspace.folder)?.processed ?? 0;
    expect(before).toBeGreaterThan(0);
    renameSync(kept, workspace.sourcePath);
    const again = await plumbline(['index', '--json'], { cwd: workspace.folder });
    const { jobs } = documentOf(again) as { jobs: { state: string; unchanged: number; embedded: number }[] };
    expect(jobs).toMatchObject([{ state: 'completed', processed: MANY }]);
    expect((jobs[0]?.embedded ?? 0) + (jobs[0]?.unchanged ?? 0)).toBe(MANY);
    expect(jobs[0]?.unchanged).toBeGreaterThan(0);
    expect(await plumbline(['validate'], { cwd: workspace.folder })).toMatchObject({ code: 0 });
  });
});
