import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openThreads } from '../../engine/threads.ts';
import { hnswStore } from '../../engine/vectors/hnsw-store.ts';
import type { VectorsHost } from '../../engine/vectors/vectors-host.ts';
import type { GenerationSpec, VectorStore } from '../../engine/vectors/vectors.ts';
import { vectorStoreCases } from '../cases/vectors.case.ts';
import { opBatch, seededRandom, unitVector } from '../support/vectors.ts';

vectorStoreCases('hnswStore', hnswStore);

const ID = 3;
const DIMENSIONS = 16;
const NONCE = 'feedfacecafebeef';

let folder: string;
let spec: GenerationSpec;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-hnsw-'));
  spec = { generationId: ID, folder, dimensions: DIMENSIONS, parameters: { m: 8, efConstruction: 40 } };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function filled(count: number, of: GenerationSpec = spec): VectorStore {
  const random = seededRandom(1);
  const add = Array.from(
    { length: count },
    (_, label) => [label, unitVector(random, of.dimensions)] as const,
  );
  const store = hnswStore();
  store.open(of);
  store.apply(of.generationId, opBatch(count, { add }));
  return store;
}

/** A snapshot of `count` vectors; returns the path of its graph file. */
function snapshotOf(count: number, of: GenerationSpec = spec): string {
  filled(count, of).snapshot(of.generationId, { sequence: count, nonce: NONCE });
  return join(of.folder, graphFiles(of.folder)[0]!);
}

function graphFiles(where: string): string[] {
  return readdirSync(where).filter((name) => name.endsWith('.hnsw'));
}

function discardCode(): string | undefined {
  const store = hnswStore();
  const found = store.open(spec);
  if (found.discarded !== null) expect(store.stats(ID)).toMatchObject({ live: 0, sequence: 0 });
  return found.discarded?.code;
}

describe('a snapshot on disk that is not what was written', () => {
  it('is used when nothing is wrong with it', () => {
    snapshotOf(200);
    expect(discardCode()).toBeUndefined();
  });

  it('is discarded at every length it may be truncated to', () => {
    const path = snapshotOf(200);
    const size = readFileSync(path).length;
    for (const length of [size - 1, size - 5, size >> 1, 500, 96, 95, 50, 1, 0]) {
      truncateSync(path, length);
      expect(discardCode()).toBe('SNAPSHOT_DAMAGED');
    }
  });

  it('is discarded when something was appended', () => {
    writeFileSync(snapshotOf(200), 'x', { flag: 'a' });
    expect(discardCode()).toBe('SNAPSHOT_DAMAGED');
  });

  it('is discarded whichever byte of the graph was flipped', () => {
    const path = snapshotOf(200);
    const intact = readFileSync(path);
    const random = seededRandom(2);
    const inHeader = Array.from({ length: 96 }, (_, at) => at);
    const anywhere = Array.from({ length: 50 }, () => Math.floor(random() * intact.length));
    for (const at of [...inHeader, ...anywhere]) {
      writeFileSync(path, flipped(intact, at, random));
      expect(discardCode(), `byte ${at}`).toBe('SNAPSHOT_DAMAGED');
    }
  });

  it('is discarded, or read as written, whichever byte of the manifest was flipped', () => {
    snapshotOf(200);
    const path = join(folder, 'manifest.json');
    const intact = readFileSync(path);
    const random = seededRandom(3);
    for (let turn = 0; turn < 80; turn += 1) {
      const at = Math.floor(random() * intact.length);
      writeFileSync(path, flipped(intact, at, random));
      const found = hnswStore().open(spec);
      if (found.discarded === null) expect(found.position).toEqual({ sequence: 200, nonce: NONCE });
      else expect(found.position).toBeNull();
    }
  });

  it.each(['', '{', '[]', 'null', '{"manifest":{},"checksum":0}'])(
    'is discarded with the manifest %j',
    (text) => {
      snapshotOf(10);
      writeFileSync(join(folder, 'manifest.json'), text);
      expect(discardCode()).toBe('MANIFEST_DAMAGED');
    },
  );

  it('is discarded when its file is gone', () => {
    rmSync(snapshotOf(10));
    expect(discardCode()).toBe('SNAPSHOT_MISSING');
  });

  it.each([
    ['generation', { generationId: 4 }],
    ['dimension', { dimensions: 32 }],
    ['m', { parameters: { m: 12, efConstruction: 40 } }],
    ['breadth of insertion', { parameters: { m: 8, efConstruction: 50 } }],
  ])('is discarded when it is of another %s', (_what, change) => {
    snapshotOf(10, { ...spec, ...change });
    expect(discardCode()).toBe('SNAPSHOT_FOREIGN');
  });

  it('is discarded when another whole graph lies under its name', () => {
    const other = { ...spec, folder: join(folder, 'other'), dimensions: 32 };
    renameSync(snapshotOf(10, other), snapshotOf(10));
    expect(discardCode()).toBe('SNAPSHOT_DAMAGED');
  });

  it('is replaced by the next one under another name', () => {
    const damaged = snapshotOf(10);
    truncateSync(damaged, 200);
    const repaired = snapshotOf(10);
    expect(repaired).not.toBe(damaged);
    expect(graphFiles(folder)).toHaveLength(1);
    expect(discardCode()).toBeUndefined();
  });
});

function flipped(intact: Buffer, at: number, random: () => number): Buffer {
  const bytes = Buffer.from(intact);
  bytes[at]! ^= 1 << Math.floor(random() * 8);
  return bytes;
}

describe('what crashes leave in the folder', () => {
  const strays = ['3-7.hnsw', '3-10-0badcafe.hnsw', 'manifest.json.abcdef012345.tmp'];

  it('does no harm, and goes with the next snapshot, while what others put there stays', () => {
    for (const name of [...strays, 'notes.hnsw', 'readme.txt']) writeFileSync(join(folder, name), 'rest');
    expect(hnswStore().open(spec)).toEqual({ position: null, discarded: null });
    expect(readdirSync(folder)).toHaveLength(5);
    snapshotOf(10);
    expect(readdirSync(folder).sort()).toEqual(['3-10.hnsw', 'manifest.json', 'notes.hnsw', 'readme.txt']);
  });

  it('is not read when the manifest was never switched to it', () => {
    const path = snapshotOf(10);
    copyFileSync(path, join(folder, '3-20.hnsw'));
    expect(hnswStore().open(spec).position?.sequence).toBe(10);
  });
});

/** Why a small disk of its own cannot be had here; null where it can. */
function mountSmallDisk(where: string): string | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', where], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `no tmpfs can be mounted: ${(error as Error).message.split('\n')[1] ?? 'mount failed'}`;
  }
}

describe('a full disk', () => {
  let why: string | null;
  beforeEach(() => {
    why = mountSmallDisk(folder);
  });
  afterEach(() => {
    if (why === null) execFileSync('umount', [folder]);
  });

  it('fails the snapshot as DISK_FULL, resumable, and leaves the old one', (context) => {
    if (why !== null) context.skip(why);
    const store = filled(2000);
    store.snapshot(ID, { sequence: 2000, nonce: NONCE });
    const before = readdirSync(folder);
    const random = seededRandom(8);
    const add = Array.from(
      { length: 8000 },
      (_, label) => [2000 + label, unitVector(random, DIMENSIONS)] as const,
    );
    store.apply(ID, opBatch(10_000, { add }));
    expect(() => store.snapshot(ID, { sequence: 10_000, nonce: NONCE })).toThrow(
      expect.objectContaining({ code: 'DISK_FULL', exitCode: 5, hint: expect.any(String) }),
    );
    expect(readdirSync(folder)).toEqual(before);
    expect(store.stats(ID)).toMatchObject({ live: 10_000, snapshotSequence: 2000 });
    expect(hnswStore().open(spec).position?.sequence).toBe(2000);
  });

  it('fails the very first snapshot the same way when not a byte is left', (context) => {
    if (why !== null) context.skip(why);
    const store = filled(100);
    expect(() => writeFileSync(join(folder, 'ballast'), Buffer.alloc(2 ** 21))).toThrow('ENOSPC');
    expect(() => store.snapshot(ID, { sequence: 100, nonce: NONCE })).toThrow(
      expect.objectContaining({ code: 'DISK_FULL' }),
    );
    expect(readdirSync(folder)).toEqual(['ballast']);
  });
});

describe('other processes and threads', () => {
  it('may open while the writer switches from snapshot to snapshot', { timeout: 60_000 }, async () => {
    snapshotOf(50);
    const store = new URL('../../engine/vectors/hnsw-store.ts', import.meta.url).href;
    const script = `
      import { hnswStore } from ${JSON.stringify(store)};
      const writer = hnswStore();
      writer.open(${JSON.stringify(spec)});
      for (let sequence = 51; sequence <= 350; sequence += 1) {
        writer.apply(${ID}, { labels: new Uint32Array(0), adds: new Uint8Array(0), vectors: new Uint16Array(0), sequence });
        writer.snapshot(${ID}, { sequence, nonce: '${NONCE}' });
      }`;
    const writer = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
    const ended = once(writer, 'exit');
    let opens = 0;
    try {
      while (writer.exitCode === null) {
        expect(hnswStore().open(spec).discarded).toBeNull();
        opens += 1;
        if (opens % 20 === 0) await new Promise((resume) => setImmediate(resume));
      }
    } finally {
      writer.kill();
    }
    expect(await ended).toEqual([0, null]);
    expect(opens).toBeGreaterThan(0);
    expect(hnswStore().open(spec).position?.sequence).toBe(350);
  });

  it('call the store on its own thread, and get its errors as data', async () => {
    const threads = openThreads<VectorsHost>({
      url: new URL('../../workers/vectors.ts', import.meta.url),
      count: 1,
      label: 'vector index',
    });
    try {
      const vector = unitVector(seededRandom(1), DIMENSIONS);
      await threads.call('open', spec);
      await threads.call('apply', ID, opBatch(1, { add: [[9, vector]] }));
      expect([...(await threads.call('search', ID, vector, 1)).labels]).toEqual([9]);
      await expect(threads.call('search', ID, vector.subarray(1), 1)).rejects.toMatchObject({
        code: 'QUERY_INVALID',
      });
    } finally {
      await threads.close();
    }
  });
});

it('says what is wrong when the folder cannot be made', () => {
  writeFileSync(join(folder, 'file'), '');
  const blocked = { ...spec, folder: join(folder, 'file', 'generation') };
  const store = hnswStore();
  store.open({ ...blocked });
  expect(() => store.snapshot(ID, { sequence: 0, nonce: NONCE })).toThrow(
    expect.objectContaining({ code: 'WORKSPACE_UNWRITABLE', hint: expect.any(String) }),
  );
});
