/** Unsaved settings: what they are, how they meet a newer file, and what they make of the index. */
import { describe, expect, it } from 'vitest';
import type { ChosenType, Settings } from '../../engine/setup-contract.ts';
import {
  applied,
  describeChange,
  isEmpty,
  rebased,
  withSetting,
} from '../../renderer/screens/settings/change.ts';
import { consequencesOf } from '../../renderer/screens/settings/consequences.ts';
import { mergeTypes, withChoice } from '../../renderer/screens/settings/merge-types.ts';

const type = (name: string, template = '{{name}}'): ChosenType => ({ name, key: ['id'], template });

const base: Settings = {
  model: 'builtin',
  maxDeletePercent: 20,
  failOn: null,
  workers: null,
  chunking: { maxTokens: null, overlapTokens: null },
  entityTypes: [type('orders'), type('products')],
};

describe('a change of settings', () => {
  it('holds what differs from the file, and nothing once it is back', () => {
    const once = withSetting(base, {}, 'model', 'other');
    expect(applied(base, once)).toEqual({ ...base, model: 'other' });
    const twice = withSetting(base, once, 'chunking', { maxTokens: 128, overlapTokens: null });
    expect(Object.keys(twice)).toEqual(['model', 'chunking']);
    const back = withSetting(base, withSetting(base, twice, 'model', 'builtin'), 'chunking', base.chunking);
    expect(isEmpty(back)).toBe(true);
  });

  it('is told clause by clause', () => {
    expect(
      describeChange(base, {
        model: 'other',
        workers: 2,
        failOn: 'missing>0',
        entityTypes: [type('orders', '{{note}}'), type('customers')],
      }),
    ).toEqual([
      'Model: builtin → other',
      'Threads: default → 2',
      'Policy: any drift → missing>0',
      'orders: template changed',
      'customers: added',
      'products: taken out',
    ]);
  });

  it('is taken over to a newer file without undoing what that one changed', () => {
    const newer: Settings = {
      ...base,
      maxDeletePercent: 5,
      entityTypes: [type('orders'), type('products', '{{name}} {{category}}'), type('reviews')],
    };
    const mine = {
      workers: 2,
      entityTypes: [type('orders', '{{note}}'), type('products'), type('customers')],
    };
    expect(rebased(base, mine, newer)).toEqual({
      workers: 2,
      entityTypes: [
        type('orders', '{{note}}'),
        type('products', '{{name}} {{category}}'),
        type('reviews'),
        type('customers'),
      ],
    });
  });

  it('stays a removal in a newer file, and is nothing where that file says the same by now', () => {
    const newer: Settings = { ...base, workers: 2, entityTypes: [...base.entityTypes, type('reviews')] };
    expect(rebased(base, { workers: 2, entityTypes: [type('orders')] }, newer)).toEqual({
      entityTypes: [type('orders'), type('reviews')],
    });
  });
});

describe('what settings make of the index', () => {
  const indexed = new Map([
    ['orders', 900],
    ['products', 200],
  ]);
  const told = (change: Partial<Settings>): string =>
    consequencesOf(base, { ...base, ...change }, indexed).join(' ');

  it('is nothing where nothing that is indexed becomes outdated', () => {
    expect(told({ workers: 4, maxDeletePercent: 50, failOn: 'drift>1%' })).toBe('');
  });

  it('is said with the number of entities', () => {
    expect(told({ model: 'other' })).toContain('all 1,100 entities become outdated');
    expect(told({ chunking: { maxTokens: 128, overlapTokens: null } })).toContain('all 1,100 entities');
    expect(told({ entityTypes: [type('orders', '{{note}}'), type('products')] })).toContain(
      'all 900 entities of orders become outdated',
    );
  });

  it('is said without a number that is not known', () => {
    expect(consequencesOf(base, { ...base, model: 'other' }, new Map([['orders', 900]]))).toEqual([
      expect.stringContaining('all indexed entities become outdated'),
    ]);
  });

  it('tells keys, conditions, new and former types apart', () => {
    const filtered = { ...type('orders'), filter: 'total > 0' };
    expect(told({ entityTypes: [filtered, type('products')] })).toContain(
      'rows of orders that no longer meet it',
    );
    const keyed = { ...type('orders'), key: ['number'] };
    expect(told({ entityTypes: [keyed, type('products')] })).toContain(
      'everything indexed of orders is orphaned',
    );
    expect(told({ entityTypes: [type('orders'), type('reviews')] })).toBe(
      'reviews is missing from the index until it is indexed. products is left out of jobs, reports and searches from then on.',
    );
  });
});

describe('entity types in the settings', () => {
  const found = (name: string) => ({
    name,
    kind: 'table' as const,
    keyColumns: ['id'],
    textColumns: ['name'],
    rows: 3,
    selected: true,
    reason: 'key id; text name',
    columns: [],
    preview: [],
    template: '{{name}}',
  });

  it('are those of the source, and those that it has no more', () => {
    const merged = mergeTypes(
      [type('orders', '{{note}}'), type('gone')],
      [found('customers'), found('orders')],
    );
    expect(merged.map(({ type: { name }, choice }) => [name, choice.selected, choice.template])).toEqual([
      ['customers', false, '{{name}}'],
      ['orders', true, '{{note}}'],
      ['gone', true, '{{name}}'],
    ]);
    expect(merged[2]?.type.reason).toBe('the source has no such table or view');
  });

  it('go back to the saved list when a choice is undone', () => {
    const { entityTypes } = base;
    const without = withChoice(entityTypes, entityTypes, type('orders'), false);
    expect(without).toEqual([type('products')]);
    expect(withChoice(entityTypes, without, type('orders'), true)).toEqual(entityTypes);
    const more = withChoice(entityTypes, entityTypes, type('customers'), true);
    expect(more.map(({ name }) => name)).toEqual(['orders', 'products', 'customers']);
    expect(withChoice(entityTypes, more, type('customers'), false)).toEqual(entityTypes);
  });
});
