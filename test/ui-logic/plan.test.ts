/** What a plan dialog says and asks for. */
import { describe, expect, it } from 'vitest';
import type { Audit, Plan } from '../../engine/contract.ts';
import { rollbackSteps } from '../../renderer/components/plan/rollback-summary.ts';
import { titleOf, type DryRunRequest } from '../../renderer/components/plan/plan-request.ts';
import {
  agreedPlans,
  confirmLabel,
  doesNothing,
  startsOf,
  totalsOf,
} from '../../renderer/components/plan/plan-summary.ts';

const plan = (given: Partial<Plan>): Plan => ({
  kind: 'repair',
  entityType: 'orders',
  source: 906,
  missing: 0,
  stale: 0,
  outdated: 0,
  failed: 0,
  orphaned: 0,
  embed: 0,
  delete: 0,
  deletePercent: 0,
  maxDeletePercent: 20,
  chunks: 0,
  tokens: 0,
  estimatedMs: null,
  ...given,
});

const drifted = plan({
  missing: 12,
  stale: 9,
  orphaned: 6,
  embed: 21,
  delete: 6,
  deletePercent: 0.7,
  estimatedMs: 400,
});
const emptied = plan({
  entityType: 'reviews',
  source: 0,
  orphaned: 300,
  delete: 300,
  deletePercent: 99.2,
});
const inSync = plan({ entityType: 'customers' });
const nobody: ReadonlySet<string> = new Set();

describe('the confirmation', () => {
  it('says with the verb what will happen', () => {
    expect(confirmLabel('fixDrift', [drifted])).toBe('Repair 21 rows, delete 6');
    expect(confirmLabel('fixDrift', [plan({ missing: 1, embed: 1 })])).toBe('Repair 1 row');
    expect(confirmLabel('fixDrift', [emptied])).toBe('Delete 300 from the index');
    expect(confirmLabel('rebuild', [plan({ kind: 'rebuild', delete: 6 })])).toBe(
      'Rebuild from 906 rows, drop 6',
    );
  });

  it('counts what deep validations found, too', () => {
    expect(confirmLabel('fixDrift', [plan({ lost: 2, ghost: 1, corrupt: 1 })])).toBe('Repair 4 rows');
  });
});

describe('what is agreed to', () => {
  it('is nothing where there is nothing to do, except for a rebuild', () => {
    expect(doesNothing(inSync)).toBe(true);
    expect(doesNothing(plan({ kind: 'rebuild' }))).toBe(false);
  });

  it('leaves out a type beyond its cap until a person lets it pass', () => {
    const plans = [drifted, emptied, inSync];
    expect(agreedPlans(plans, nobody)).toEqual([drifted]);
    expect(agreedPlans(plans, new Set(['reviews']))).toEqual([drifted, emptied]);
  });

  it('leaves out a rebuild that finds too little space', () => {
    const full = plan({ kind: 'rebuild', disk: { neededBytes: 2, freeBytes: 1 } });
    expect(agreedPlans([full], nobody)).toEqual([]);
  });

  it('adds up, and takes no time where nothing is embedded', () => {
    expect(totalsOf([drifted, emptied])).toMatchObject({ repaired: 21, deleted: 306, estimatedMs: 400 });
    expect(totalsOf([emptied]).estimatedMs).toBeNull();
  });
});

describe('what is asked for', () => {
  it('raises the cap for the type that it was allowed for, and for no other', () => {
    const request = { operation: 'fixDrift', input: {} } as const;
    expect(startsOf(request, [drifted, emptied, inSync], new Set(['reviews']))).toEqual([
      { operation: 'fixDrift', input: { entityTypes: ['orders'] } },
      { operation: 'fixDrift', input: { entityTypes: ['reviews'], maxDeletePercent: 100 } },
    ]);
  });

  it('asks for the same raised cap once', () => {
    const request: DryRunRequest = { operation: 'fixDrift', input: {} };
    const others = [plan({ ...emptied, entityType: 'notes' }), plan({ ...emptied, entityType: 'tags' })];
    expect(startsOf(request, others, new Set(['notes', 'tags']))).toEqual([
      { operation: 'fixDrift', input: { entityTypes: ['notes', 'tags'], maxDeletePercent: 100 } },
    ]);
  });

  it('keeps to the keys that were chosen', () => {
    const request: DryRunRequest = {
      operation: 'fixDrift',
      input: { entityTypes: ['orders'], keys: ['7'] },
    };
    expect(startsOf(request, [drifted], nobody)).toEqual([request]);
    expect(titleOf(request)).toBe('Repair some of orders');
  });

  it('rebuilds within the cap as it was asked for', () => {
    const request = { operation: 'rebuild', input: { entityType: 'orders', force: true } } as const;
    expect(startsOf(request, [plan({ kind: 'rebuild' })], nobody)).toEqual([request]);
  });
});

describe('a rollback', () => {
  const audit = (given: { reversible?: boolean; changes?: object; previous?: number | null }): Audit =>
    ({
      job: { reversible: given.reversible ?? true },
      generation: given.previous === undefined ? null : { number: 3, previous: given.previous },
      changes: { added: 0, changed: 0, removed: 0, ...given.changes },
    }) as unknown as Audit;

  it('does the reverse of what its job did', () => {
    const { steps, removes } = rollbackSteps(audit({ changes: { added: 12, changed: 1, removed: 6 } }));
    expect(steps).toEqual([
      '12 entities that it added: out of the index',
      '1 entity that it changed: former text and vectors again',
      '6 entities that it removed: back in the index',
    ]);
    expect(removes).toBe(12);
  });

  it('of a rebuild lets the former index serve', () => {
    expect(rollbackSteps(audit({ previous: 2 })).steps).toEqual([
      'Searches go back to index 2, which served before index 3',
    ]);
  });

  it('is not offered where what was replaced is gone', () => {
    expect(rollbackSteps(audit({ reversible: false })).isPossible).toBe(false);
  });
});
