/** What a terminal shows and what anything else gets: colours, the progress bar, closed pipes, old Nodes. */
import { execFileSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { BIN, plumbline, startProcess } from '../support/cli.ts';
import { makeManyNotes, MANY } from '../support/many-notes.ts';
import { makeWorkspace } from '../support/workspace.ts';

// oxlint-disable-next-line no-control-regex -- colours are control characters
const COLOUR = /\u001b\[\d+m/;

// oxlint-disable-next-line no-control-regex -- as above
const WIPED = /\r\u001b\[2K[^\r█░]*✓[^\r█░]* completed/;

function works(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

const noTerminal = works('script', '-qec', 'true', '/dev/null') ? '' : ' (skipped: no script(1) here)';

/** Runs `plumbline <args>` on a pseudo-terminal of so many columns; both streams are in `out`. */
function onTerminal(columns: number, args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const command = `stty cols ${columns}; "${process.execPath}" "${BIN}" ${args.join(' ')}`;
  return startProcess('script', ['-qec', command, '/dev/null'], { cwd, env: { TERM: 'xterm', ...env } })
    .ended;
}

const makeOne = () =>
  makeWorkspace((db) => {
    db.exec(`CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO note VALUES (1, 'a teapot')`);
  });

describe('without a terminal', () => {
  it('there are no colours, unless FORCE_COLOR asks for them, and never in the document', async () => {
    const { folder } = await makeOne();
    const plain = await plumbline(['status'], { cwd: folder });
    expect(plain.out).not.toMatch(COLOUR);
    const forced = await plumbline(['status'], { cwd: folder, env: { FORCE_COLOR: '1' } });
    expect(forced.out).toMatch(COLOUR);
    const json = await plumbline(['status', '--json'], { cwd: folder, env: { FORCE_COLOR: '1' } });
    expect(json.out).not.toMatch(COLOUR);
    expect(json.err).toMatch(COLOUR);
  });

  it('a reader that closes the pipe early costs no stack trace, and the work is done', async () => {
    const workspace = await makeWorkspace((db) => {
      for (let i = 0; i < 40; i += 1) db.exec(`CREATE TABLE t${i} (id INTEGER PRIMARY KEY, body TEXT)`);
    });
    for (const verb of ['discover', 'index', 'discover --json 2>/dev/null']) {
      // The reader is gone before the first line is written.
      const shell = `"${process.execPath}" "${BIN}" ${verb} | true; echo "\${PIPESTATUS[0]}"`;
      const result = await startProcess('bash', ['-c', shell], { cwd: workspace.folder }).ended;
      expect(result, verb).toMatchObject({ out: '0\n', err: '' });
    }
    expect((await workspace.run('status')).jobs).toHaveLength(40);
  });
});

describe(`on a terminal${noTerminal}`, { skip: noTerminal !== '' }, () => {
  it('a bar shows percent, rate and time left, on one line however narrow, and goes', async () => {
    const { folder } = await makeManyNotes(MANY);
    const wide = await onTerminal(80, ['index', '--workers', '1'], folder);
    expect(wide.code).toBe(0);
    const bars = wide.out.split('\r').filter((part) => part.includes('indexing note'));
    expect(bars.length).toBeGreaterThan(2);
    const texts = bars.map((bar) => stripVTControlCharacters(bar).trimEnd());
    expect(texts).toContainEqual(
      expect.stringMatching(/^[█░]{20} indexing note {2}\d+% {2}[\d,]+\/1,600 {2}[\d,]+\/s {2}\d+ s left$/),
    );
    for (const text of texts) expect(text.length).toBeLessThan(80);
    const percents = texts.flatMap((text) => (/(\d+)%/.exec(text) ?? []).slice(1).map(Number));
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    // The bar is wiped before the result is printed.
    expect(wide.out).toMatch(WIPED);

    const narrow = await onTerminal(30, ['index', '--force', '--workers', '1'], folder);
    for (const part of narrow.out.split('\r').filter((text) => text.includes('indexing')))
      expect(stripVTControlCharacters(part).trimEnd().length).toBeLessThan(30);
  });

  it('there are colours, unless NO_COLOR forbids them', async () => {
    const { folder } = await makeOne();
    expect((await onTerminal(80, ['status'], folder)).out).toMatch(COLOUR);
    expect((await onTerminal(80, ['status'], folder, { NO_COLOR: '1' })).out).not.toMatch(COLOUR);
  });
});

const oldNode = ['/usr/bin/node', '/usr/local/bin/node', 'node'].find((path) =>
  works(path, '-e', 'process.exit(Number(process.versions.node.split(".")[0]) < 24 ? 0 : 1)'),
);

it.skipIf(oldNode === undefined)(
  `an old Node gets one line that says what to do${oldNode === undefined ? ' (skipped: no old Node here)' : ''}`,
  async () => {
    const result = await startProcess(oldNode ?? '', [BIN, 'status']).ended;
    expect(result).toMatchObject({ code: 2, out: '' });
    expect(result.err).toMatch(
      /^plumbline needs Node 24 or later; this is \d+\.\d+\.\d+\. .*npm run -s plumbline.*\n$/,
    );
  },
);
