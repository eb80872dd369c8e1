/** The way to a new workspace: steps, choices, files, and the walk through the sample. */
import { describe, expect, it } from 'vitest';
import type { Job, Output, Report } from '../../engine/contract.ts';
import { arrange, effectOf, type FileEntry } from '../../renderer/components/files/entries.ts';
import { nextStep } from '../../renderer/components/sample-guide/guide-step.ts';
import {
  problemOf,
  suggestedChoice,
  toChosen,
  usesColumn,
  whyLeftOut,
  type FoundType,
} from '../../renderer/components/type-editor/choice.ts';
import { below } from '../../renderer/screens/welcome/below.ts';
import { furthest, isReachable, stepOf } from '../../renderer/screens/welcome/steps.ts';

describe('steps', () => {
  it('are told from the address', () => {
    expect(stepOf('/welcome/types')).toBe('types');
    expect(['/', '/welcome', '/welcome/nothing', '/welcome/types/more'].map(stepOf)).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('are reached one after the other', () => {
    expect(furthest({ isRead: false, isChosen: false })).toBe('source');
    expect(furthest({ isRead: true, isChosen: false })).toBe('types');
    expect(isReachable('model', { isRead: true, isChosen: false })).toBe(false);
    expect(isReachable('summary', { isRead: true, isChosen: true })).toBe(true);
  });
});

describe('an entity type being set up', () => {
  const found: FoundType = {
    name: 'orders',
    kind: 'table',
    keyColumns: ['id'],
    textColumns: ['note'],
    rows: 9,
    selected: true,
    reason: 'key id; text note',
    columns: [{ name: 'note', declaredType: 'TEXT', text: true, html: false, reason: 'reads like text' }],
    preview: [],
    template: '{{note}}',
  };

  it('begins as suggested, and is complete then', () => {
    const choice = suggestedChoice(found);
    expect(problemOf(choice)).toBeNull();
    expect(toChosen('orders', choice)).toEqual({ name: 'orders', key: ['id'], template: '{{note}}' });
    expect(toChosen('orders', { ...choice, filter: ' total > 0 ' })).toHaveProperty('filter', 'total > 0');
  });

  it('says what is missing', () => {
    const choice = suggestedChoice(found);
    expect(problemOf({ ...choice, key: [] })).toBe('Choose its key columns');
    expect(problemOf({ ...choice, template: ' \n' })).toBe('Write its template');
    expect(problemOf({ ...choice, template: 'order' })).toBe('Its template names no column');
    expect(whyLeftOut({ ...found, keyColumns: [] })).toMatch(/no key is declared/);
    expect(whyLeftOut({ ...found, textColumns: [] })).toMatch(/no column reads like text/);
    expect(whyLeftOut({ ...found, columns: [], reason: 'cannot be read' })).toBe('cannot be read');
  });

  it('knows which columns a template uses, whatever follows their names', () => {
    const template = '{{name}}: {{body | html}} {{"odd }} name"}}';
    expect(['name', 'body', 'odd }} name'].map((column) => usesColumn(template, column))).toEqual([
      true,
      true,
      true,
    ]);
    expect(usesColumn('{{name_en}}', 'name')).toBe(false);
  });
});

describe('files', () => {
  const entry = (name: string, kind: FileEntry['kind']): FileEntry => ({
    name,
    path: `/${name}`,
    kind,
    bytes: null,
    modifiedAt: null,
  });
  const entries = [
    entry('a', 'folder'),
    entry('shop', 'workspace'),
    entry('data.csv', 'other'),
    entry('shop.sqlite', 'source'),
  ];
  const names = (found: readonly FileEntry[]): string[] => found.map(({ name }) => name);

  it('show first what is looked for', () => {
    expect(names(arrange(entries, 'source', ''))).toEqual(['shop', 'shop.sqlite', 'a', 'data.csv']);
    expect(names(arrange(entries, 'workspace', ''))).toEqual(['shop', 'a']);
    expect(names(arrange(entries, 'folder', ''))).toEqual(['a', 'shop']);
    expect(names(arrange(entries, 'source', 'SHOP'))).toEqual(['shop', 'shop.sqlite']);
  });

  it('are picked, folders opened, and workspaces where one is looked for picked', () => {
    expect(effectOf(entry('a', 'folder'), 'source')).toBe('open');
    expect(effectOf(entry('x', 'other'), 'source')).toBe('pick');
    expect(effectOf(entry('shop', 'workspace'), 'source')).toBe('open');
    expect(effectOf(entry('shop', 'workspace'), 'workspace')).toBe('pick');
  });

  it('a new folder lies below the chosen one, by the rules of its machine', () => {
    expect(below('/data', '/home/me/workspaces/shop')).toBe('/data/shop');
    expect(below('/', '/home/me/shop')).toBe('/shop');
    expect(below('D:\\data', 'C:\\Users\\me\\shop')).toBe('D:\\data\\shop');
  });
});

describe('the walk through the sample', () => {
  const job = (entityType: string, state: Job['state']): Job =>
    ({ entityType, kind: 'index', state }) as Partial<Job> as Job;
  const report = (entityType: string, finishedAt: number, state: Report['state']): Report =>
    ({ entityType, finishedAt, state }) as Partial<Report> as Report;
  const status = (jobs: Job[], reports: Report[]): Output<'status'> => ({
    jobs,
    reports,
    entityTypes: ['orders', 'products'],
  });
  const fresh = { changedAt: null, hasLooked: false };

  it('goes from step to step by what is true', () => {
    expect(nextStep(status([], []), fresh)).toBe('index');
    expect(nextStep(status([job('orders', 'completed'), job('products', 'running')], []), fresh)).toBe(
      'index',
    );
    const indexed = [job('orders', 'completed'), job('products', 'completed')];
    expect(nextStep(status(indexed, []), fresh)).toBe('change');
    const changed = { changedAt: 100, hasLooked: false };
    expect(nextStep(status(indexed, [report('orders', 50, 'in_sync')]), changed)).toBe('validate');
    const drifted = [report('orders', 200, 'drifted'), report('products', 200, 'in_sync')];
    expect(nextStep(status(indexed, drifted), changed)).toBe('look');
    expect(nextStep(status(indexed, drifted), { ...changed, hasLooked: true })).toBe('repair');
    const repaired = drifted.map((one) => ({ ...one, state: 'in_sync' as const }));
    expect(nextStep(status(indexed, repaired), changed)).toBeNull();
  });
});
