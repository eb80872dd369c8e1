/** Data files on a file system whose clock ticks slowly. */
import type * as Fs from 'node:fs';
import { mkdtempSync, rmSync, writeFileSync, type BigIntStats } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataFiles } from '../../engine/sources/files/data-files.ts';

const WRITTEN_MS = 1_700_000_000_000;

/** Every write is one of the same tick. */
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  const statSync = (...args: Parameters<typeof fs.statSync>) => {
    const stat = fs.statSync(...args) as BigIntStats;
    const [ms, ns] = [BigInt(WRITTEN_MS), BigInt(WRITTEN_MS) * 1_000_000n];
    return Object.assign(stat, { mtimeMs: ms, mtimeNs: ns, ctimeMs: ms, ctimeNs: ns });
  };
  return { ...fs, statSync };
});

describe('data files', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-ticks-'));
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    rmSync(folder, { recursive: true, force: true });
  });

  const hashAt = async (files: DataFiles, ms: number): Promise<string | undefined> => {
    vi.setSystemTime(WRITTEN_MS + ms);
    return (await files.list())[0]?.hash;
  };

  it('are read again as long as they were last read within the tick of a write', async () => {
    const path = join(folder, 't.csv');
    const files = new DataFiles(path);
    writeFileSync(path, 'id,text\n1,one\n');
    const first = await hashAt(files, 1);
    writeFileSync(path, 'id,text\n1,two\n');
    const second = await hashAt(files, 1_000);
    expect(second).not.toBe(first);
    writeFileSync(path, 'id,text\n1,six\n');
    expect(await hashAt(files, 2_000), 'settled: nobody writes in a tick that is past').toBe(second);
  });
});
