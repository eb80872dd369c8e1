/**
 * Random sequences of source changes and jobs against plain maps. `PLUMBLINE_PROPERTY_RUNS` sets how many sequences there
 * are; fast-check prints seed and path of one that fails, shortened.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'vitest';
import type { Job, OperationName } from '../../engine/contract.ts';
import { PlumblineError } from '../../engine/errors.ts';
import { decodeKey, formatKey } from '../../engine/key.ts';
import { makeNotes, type Notes } from '../support/notes.ts';
import { catalogRows, only } from '../support/observe.ts';
import type { TestEngine } from '../support/workspace.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { Model, POISON, type Counts, type Entry, type Letter, type ModelName } from './model.ts';

const RUNS = Number(process.env['PLUMBLINE_PROPERTY_RUNS'] ?? 4);
/** Repeats sequences; another one every time otherwise. */
const SEED = process.env['PLUMBLINE_PROPERTY_SEED'];
const MAX_STEPS = 16;
/** Keys: few, so that steps meet. */
const KEYS = 9;

const key = fc.integer({ min: 1, max: KEYS });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('put' as const), key, poison: fc.nat(5).map((n) => n === 0) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('swap' as const), key, other: key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('copy' as const), key, other: key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('template' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('model' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('index' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fixDrift' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rebuild' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rollback' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retry' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('exclude' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('include' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('validate' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test(`whatever the sequence, catalog, reports and searches agree with plain maps (${RUNS} sequences)`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: MAX_STEPS }), async (steps) => {
      const walk = await Walk.begin();
      try {
        for (const each of steps) await walk.take(each);
        await walk.take({ do: 'validate' });
      } finally {
        await walk.end();
      }
    }),
    { numRuns: RUNS, endOnFailure: RUNS < 20, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
  );
}, 3_600_000);

/** What a rollback of the newest changing job has to bring back. */
interface Past {
  readonly job: string;
  readonly served: ModelName | null;
  readonly indexed: ReadonlyMap<number, Entry>;
}

class Walk {
  readonly #notes: Notes;
  readonly #model = new Model();
  readonly #pasts: Past[] = [];
  #engine: TestEngine;
  #texts = 0;

  private constructor(notes: Notes) {
    this.#notes = notes;
    this.#engine = notes.open();
  }

  static async begin(): Promise<Walk> {
    const notes = await makeNotes([], { poison: POISON });
    writeTinyModel(join(notes.folder, 'other'), { poison: POISON, seed: 2 });
    configure(notes, new Model());
    return new Walk(notes);
  }

  end(): Promise<void> {
    return this.#engine.close();
  }

  async take(each: Step): Promise<void> {
    const model = this.#model;
    switch (each.do) {
      case 'put':
        return this.#put(each.key, `book u${(this.#texts += 1)}x${each.poison ? ` ${POISON}` : ''}`);
      case 'remove':
        this.#notes.remove(each.key);
        return void model.source.delete(each.key);
      case 'copy':
      case 'swap': {
        const [one, other] = [model.source.get(each.key), model.source.get(each.other)];
        if (one === undefined || other === undefined) return;
        this.#put(each.other, one);
        if (each.do === 'swap') this.#put(each.key, other);
        return;
      }
      case 'template':
        model.template = model.template === '{{body}}' ? 'note: {{body}}' : '{{body}}';
        return this.#reconfigure();
      case 'model':
        model.model = model.model === 'tiny' ? 'other' : 'tiny';
        return this.#reconfigure();
      case 'index':
        return this.#change('index', {}, () => model.index());
      case 'fixDrift':
        return this.#change('fixDrift', { maxDeletePercent: 100 }, () => model.repair());
      case 'rebuild':
        return this.#change('rebuild', { entityType: 'note', maxDeletePercent: 100 }, () => model.rebuild());
      case 'retry':
        // With another model configured it would begin an index of dead letters, which the next job fills up.
        if (model.letters.size === 0 || (model.served !== null && model.served !== model.model)) return;
        return this.#change('retry', { target: 'note' }, () => void model.retry());
      case 'rollback':
        return this.#rollBack();
      case 'exclude':
      case 'include':
        return this.#setAside(each.do);
      case 'compact':
        await this.#engine.run('compact');
        return this.#compare();
      case 'validate':
        return this.#validate();
      default:
        return each satisfies never;
    }
  }

  /** What a person does who edits plumbline.yaml and calls Plumbline again. */
  async #reconfigure(): Promise<void> {
    configure(this.#notes, this.#model);
    await this.#engine.close();
    this.#engine = this.#notes.open();
  }

  #put(id: number, body: string): void {
    this.#notes.put({ [id]: body });
    this.#model.source.set(id, body);
  }

  /** A job that changes the index: its counts and its outcome are the model's. */
  async #change(operation: OperationName, input: object, apply: () => Counts | void): Promise<void> {
    const { served } = this.#model;
    const before = new Map(this.#model.indexed);
    const { jobs } = (await this.#engine.run(operation, input)) as { jobs: Job[] };
    const job = only(jobs);
    const counts = apply();
    this.#pasts.push({ job: job.id, indexed: before, served });
    assert.equal(job.error, null, operation);
    if (counts !== undefined) {
      const { embedded, reused, deleted, failed } = job;
      assert.deepEqual({ written: embedded + reused, deleted, failed }, counts, operation);
    }
    assert.equal(
      job.embedded + job.reused + job.unchanged + job.deleted + job.failed,
      job.processed,
      operation,
    );
    this.#compare();
  }

  /** The newest changing job is taken back, or refused with nothing changed where the recipe is another one now. */
  async #rollBack(): Promise<void> {
    const past = this.#pasts.at(-1);
    if (past === undefined) return;
    const { served } = this.#model;
    const before = new Map(this.#model.indexed);
    try {
      const job = only((await this.#engine.run('rollback', { job: past.job })).jobs);
      assert.equal(job.state, 'completed', JSON.stringify(job));
      this.#model.indexed = new Map(past.indexed);
      this.#model.served = past.served ?? this.#model.served;
      this.#pasts.push({ job: job.id, indexed: before, served });
    } catch (error) {
      if (!(error instanceof PlumblineError)) throw error;
      assert.ok(['RECIPE_CHANGED', 'GENERATION_PRUNED'].includes(error.code), error.message);
    }
    this.#compare();
  }

  async #setAside(operation: 'exclude' | 'include'): Promise<void> {
    const ids = [...this.#model.letters].filter(([, { excluded }]) => excluded === (operation === 'include'));
    const [id] = ids[0] ?? [];
    if (id === undefined) return;
    const input = { entityType: 'note', keys: [String(id)] };
    if (operation === 'exclude') await this.#engine.run('exclude', { ...input, reason: 'it is poison' });
    else await this.#engine.run('include', input);
    this.#model.letters.set(id, { excluded: operation === 'exclude' });
    this.#compare();
  }

  async #validate(): Promise<void> {
    const { reports, jobs } = await this.#engine.run('validate', { deep: true });
    assert.equal(only(jobs).error, null);
    assert.partialDeepStrictEqual(only(reports), { ...this.#model.drift(), lost: 0, ghost: 0, corrupt: 0 });
    this.#compare();
    await this.#search();
  }

  /** Each indexed text is found by its own word, by exactly the entities that have it. */
  async #search(): Promise<void> {
    const words = new Map<string, string[]>();
    for (const [id, { document }] of this.#model.indexed) {
      const word = /u\d+x/.exec(document)?.[0] ?? '';
      words.set(word, [...(words.get(word) ?? []), String(id)].toSorted());
    }
    for (const [word, ids] of words) {
      const { hits } = await this.#engine.run('search', { entityType: 'note', query: word, mode: 'text' });
      assert.deepEqual(hits.map((hit) => hit.key).toSorted(), ids, word);
    }
  }

  #compare(): void {
    const { folder } = this.#notes;
    const rows = catalogRows<{ key: Buffer; document: string }>(
      folder,
      `SELECT e.key, e.document FROM entity e JOIN generation g ON g.id = e.generation_id WHERE g.state = 'serving'`,
    );
    const indexed = new Map(rows.map((row) => [idOf(row.key), row.document]));
    assert.deepEqual(
      sorted(indexed),
      sorted(new Map(Array.from(this.#model.indexed, ([id, entry]) => [id, entry.document]))),
    );
    const letters = catalogRows<{ key: Buffer; at: number | null }>(
      folder,
      'SELECT key, excluded_at AS at FROM dead_letter',
    ).map(({ key: bytes, at }): [number, Letter] => [idOf(bytes), { excluded: at !== null }]);
    assert.deepEqual(sorted(new Map(letters)), sorted(this.#model.letters));
  }
}

/** The model says what becomes of orphans; the cap on deletions has tests of its own. */
function configure(notes: Notes, { template, model }: Model): void {
  const entityTypes = { note: { key: ['id'], template } };
  notes.configure({ model: `./${model}`, maxDeletePercent: 100, entityTypes });
}

const idOf = (bytes: Buffer): number => Number(formatKey(decodeKey(bytes)));
const sorted = <T>(map: ReadonlyMap<number, T>): [number, T][] => [...map].toSorted(([a], [b]) => a - b);
