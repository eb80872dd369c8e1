/** Command lines that are wrong, or unusual and right. */
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { operations } from '../../engine/contract.ts';
import { documentOf, expectFailure, plumbline, startProcess } from '../support/cli.ts';
import { makeWorkspace, temporaryFolder, type TestWorkspace } from '../support/workspace.ts';

const ROOT = join(import.meta.dirname, '../..');

function makePairs(): Promise<TestWorkspace> {
  return makeWorkspace((db) => {
    db.exec(`CREATE TABLE pair (name TEXT, number INTEGER, body TEXT, PRIMARY KEY (name, number)) WITHOUT ROWID;
      INSERT INTO pair VALUES ('a ', -7, 'a blue teapot'), ('b', 7, 'a red kettle'), ('c', 0, 'a -x flag');
      CREATE TABLE single (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO single VALUES (-5, 'minus five'), (5, 'five')`);
  });
}

describe('help', () => {
  it('lists every operation and shows an example for each verb', async () => {
    const { code, out, err } = await plumbline(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const verbs = [...out.matchAll(/^ {2}([a-z][\w-]*)(?: [<[].*?[\]>])* {2,}\S/gm)].map(
      ([, verb]) => verb ?? '',
    );
    const wanted = Object.keys(operations).map((name) =>
      name.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`),
    );
    expect(verbs).toEqual(expect.arrayContaining(['init', ...wanted]));
    const helps = await Promise.all(
      verbs.filter((verb) => verb !== 'help').map((verb) => plumbline([verb, '--help'])),
    );
    for (const help of helps) {
      expect(help.code).toBe(0);
      expect(help.out).toMatch(/\nExamples?:\n {2}plumbline \S/);
    }
  });

  it('is shown on standard error, with exit code 2, when there is no verb', async () => {
    const people = await plumbline([]);
    expect(people).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('Usage: plumbline <verb>'),
    });
    const program = await plumbline(['--json']);
    expect(program.code).toBe(2);
    expect(documentOf(program)).toMatchObject({ error: { code: 'USAGE' } });
  });
});

describe('mistakes', () => {
  const cases: [title: string, args: string[], message: RegExp, hint: RegExp][] = [
    ['an unknown verb', ['indx'], /unknown command 'indx'/, /Did you mean index\?/],
    [
      'an unknown verb that resembles none',
      ['zzzzzz'],
      /unknown command 'zzzzzz'/,
      /--help` lists the verbs/,
    ],
    [
      'an unknown option',
      ['index', '--worker', '2'],
      /unknown option '--worker'/,
      /Did you mean --workers\?/,
    ],
    ['a query that looks like an option', ['search', 'note', '-x'], /unknown option '-x'/, /behind `--`/],
    ['a missing argument', ['search', 'note'], /missing required argument 'query'/, /search --help/],
    ['an argument too many', ['drift', 'a', 'b'], /too many arguments/, /drift --help/],
    ['an option without its value', ['init', '--source'], /argument missing/, /init --help/],
    ['a missing option', ['init'], /--source <path>/, /init --help/],
    ['a choice that is none', ['jobs', '--state', 'bad'], /Allowed choices are queued/, /jobs --help/],
  ];
  it.each(cases)('%s', async (_title, args, message, hint) => {
    await expectFailure(args, { code: 'USAGE', exit: 2, message, hint });
  });

  const values: [args: string[], message: RegExp][] = [
    [['index', '--limit', '0'], /--limit takes a whole number above 0, not "0"/],
    [['index', '--limit', '-3'], /--limit takes a whole number above 0, not "-3"/],
    [['index', '--workers', 'two'], /--workers takes/],
    [['index', '--batch-size', '1.5'], /--batch-size takes/],
    [['fix-drift', '--max-delete', '200%'], /--max-delete takes a percentage from 0% to 100%, not "200%"/],
    [['fix-drift', '--max-delete=-1'], /--max-delete takes a percentage/],
    [['search', 'note', 'x', '-k', '0'], /-k takes a whole number above 0/],
  ];
  it.each(values)('%j', async (args, message) => {
    const result = await plumbline([...args, '--json']);
    expect(result.code).toBe(2);
    expect(documentOf(result)).toMatchObject({
      error: { code: 'USAGE', message: expect.stringMatching(message) },
    });
  });

  it('of entity types, empty queries and numbers out of range are explained with what is there', async () => {
    const { folder } = await makePairs();
    const options = { cwd: folder };
    const unknown = {
      code: 'ENTITY_TYPE_UNKNOWN',
      exit: 2,
      hint: /Did you mean "single"\?.*Selected are pair, single/,
    };
    await Promise.all([
      expectFailure(['index', 'singel'], unknown, options),
      expectFailure(['jobs', '--type', 'singel'], unknown, options),
      expectFailure(['drift', 'Singles'], unknown, options),
      expectFailure(['search', 'xyz', 'q'], { ...unknown, hint: /^Selected are pair, single\./ }, options),
      expectFailure(['status', '99'], { code: 'JOB_UNKNOWN', exit: 2, hint: /jobs` lists them/ }, options),
      expectFailure(['resume', '1e3'], { code: 'JOB_UNKNOWN', exit: 2 }, options),
    ]);
    const tooMany = await plumbline(['index', '--workers', '65', '--json'], options);
    expect(documentOf(tooMany)).toMatchObject({ error: { message: 'workers must be at most 64' } });
    const nothing = await plumbline(['search', 'single', '', '--json'], options);
    expect(nothing.code).toBe(2);
    expect(documentOf(nothing)).toMatchObject({ error: { message: 'query must not be empty' } });
  });
});

describe('right, if unusual', () => {
  it('takes negative and composite keys, and a query behind --', async () => {
    const { folder } = await makePairs();
    const index = async (...args: string[]) =>
      documentOf(await plumbline(['index', ...args, '--json'], { cwd: folder }));
    expect(await index('single', '--key', '-5')).toMatchObject({ jobs: [{ processed: 1, embedded: 1 }] });
    expect(await index('pair', '--key', '["a ",-7]', '--key', '["c",0]')).toMatchObject({
      jobs: [{ processed: 2, embedded: 2 }],
    });
    await expectFailure(
      ['index', 'pair', '--key', 'a '],
      { code: 'KEY_UNKNOWN', exit: 2, hint: /JSON array of name, number/ },
      { cwd: folder },
    );
    const search = await plumbline(['search', 'pair', '--json', '-k', '1', '--mode', 'text', '--', '-x'], {
      cwd: folder,
    });
    expect(documentOf(search)).toMatchObject({ hits: [{ key: '["c",0]' }] });
  });

  it('takes -w before and after the verb, and finds relative paths from where the person is', async () => {
    const { folder } = await makePairs();
    mkdirSync(join(folder, 'sub'));
    const cwd = join(folder, 'sub');
    const results = await Promise.all([
      plumbline(['-w', '..', 'status'], { cwd }),
      plumbline(['status', '-w', '..'], { cwd }),
      plumbline(['status', `--workspace=${folder}`], { cwd }),
    ]);
    for (const result of results)
      expect(result).toMatchObject({ code: 0, out: expect.stringContaining('single') });
    expect(results[1]?.out).toContain('plumbline index -w ..');
  });

  it('runs through npm from any folder, and says commands that work there', async () => {
    const { folder } = await makePairs();
    const run = (cwd: string, args: string[]) =>
      startProcess('npm', ['--prefix', ROOT, 'run', '-s', 'plumbline', '--', ...args], { cwd }).ended;
    const here = await run(folder, ['status']);
    expect(here).toMatchObject({ code: 0, out: expect.stringContaining('npm run -s plumbline -- index') });
    const elsewhere = temporaryFolder();
    const failed = await run(elsewhere, [
      'search',
      'single',
      'x',
      '-w',
      relative(elsewhere, folder),
      '--json',
    ]);
    expect(failed.code).toBe(2);
    expect(documentOf(failed)).toMatchObject({ error: { code: 'NOT_INDEXED' } });
    expect(failed.err).toContain('`npm run -s plumbline -- index single -w ../');
  });

  it('never lets stored names or texts act on the terminal', async () => {
    const workspace = await makeWorkspace((db) => {
      db.exec(`CREATE TABLE "n\u001b[31mote" (id TEXT PRIMARY KEY, body TEXT);
        INSERT INTO "n\u001b[31mote" VALUES ('\u001b]0;x\u0007', 'a \u001b[2Jteapot')`);
    });
    const runs = [
      ['discover'],
      ['index'],
      ['status'],
      ['search', 'n\u001b[31mote', 'teapot'],
      ['drift', 'n\u001b[31mote'],
    ];
    for (const args of runs) {
      const { out, err } = await plumbline(args, { cwd: workspace.folder });
      // oxlint-disable-next-line no-control-regex -- the very thing that must not come through
      expect(out + err, args.join(' ')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
  });
});
