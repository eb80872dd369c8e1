/**
 * When drift is too much: rules such as `missing>0,stale>1%`, as the verb `check` and the key `failOn` of `plumbline.yaml`
 * take them. Pure.
 */
import type { BrokenRule, Report } from './contract.ts';
import { PlumblineError } from './errors.ts';

/** What only a deep validation counts. */
const deepMetrics = ['lost', 'ghost', 'corrupt'] as const;
/** What rules may speak of: the classes, and `drift`, the sum of those that were counted. */
const metrics = ['drift', 'failed', 'missing', 'outdated', 'stale', 'orphaned', ...deepMetrics] as const;
type Metric = (typeof metrics)[number];

export interface Rule {
  readonly metric: Metric;
  readonly operator: '>' | '>=';
  readonly limit: number;
  /** `percent`: of all entities in source and catalog, as for `inSyncPercent`. */
  readonly unit: 'count' | 'percent';
  /** As it was written, without spaces. */
  readonly text: string;
}

/** Any drift at all. */
export const DEFAULT_POLICY = 'drift>0';

const RULE = /^([a-z]+)(>=?)(\d+(?:\.\d+)?)(%?)$/;

/**
 * Grammar: rules separated by commas; a rule is a metric, `>` or `>=`, and a number with or without `%`. A report breaks
 * a policy when any rule holds.
 * @throws PlumblineError `POLICY_INVALID`, naming the rule.
 */
export function parsePolicy(text: string): Rule[] {
  return text.split(',').map(parseRule);
}

function parseRule(written: string): Rule {
  const text = written.replaceAll(/\s+/g, '');
  const [, metric, operator, number, percent] = RULE.exec(text) ?? [];
  if (metric === undefined) throw invalid(`"${written.trim()}" is not a rule`);
  if (!isMetric(metric)) throw invalid(`a rule cannot speak of "${metric}"`);
  return {
    metric,
    operator: operator === '>=' ? '>=' : '>',
    limit: Number(number),
    unit: percent === '%' ? 'percent' : 'count',
    text,
  };
}

const isMetric = (name: string): name is Metric => (metrics as readonly string[]).includes(name);

function invalid(message: string): PlumblineError {
  return new PlumblineError('POLICY_INVALID', message, {
    hint: `Write for example missing>0,stale>1%. Rules speak of ${metrics.join(', ')}; > or >=; a number or a percentage.`,
  });
}

/**
 * Refuses rules that a validation which is not deep could never break: a gate that cannot close is none.
 * @throws PlumblineError `POLICY_NEEDS_DEEP`, naming the rule.
 */
export function requireDeep(rules: readonly Rule[]): void {
  const rule = rules.find(({ metric }) => (deepMetrics as readonly string[]).includes(metric));
  if (rule === undefined) return;
  throw new PlumblineError(
    'POLICY_NEEDS_DEEP',
    `the rule ${rule.text} speaks of what only a deep validation looks for`,
    { hint: 'Run `plumbline check --deep`, or leave the rule out.' },
  );
}

/** The rules that a report breaks, with what was found. */
export function brokenRules(report: Report, rules: readonly Rule[]): BrokenRule[] {
  const base = Math.max(report.source + report.orphaned, 1);
  return rules.flatMap((rule) => {
    const count = countOf(report, rule.metric);
    const found = rule.unit === 'percent' ? (100 * count) / base : count;
    const broken = rule.operator === '>' ? found > rule.limit : found >= rule.limit;
    return broken ? [{ entityType: report.entityType, rule: rule.text, found }] : [];
  });
}

function countOf(report: Report, metric: Metric): number {
  if (metric !== 'drift') return report[metric] ?? 0;
  const { failed, missing, outdated, stale, orphaned, lost, ghost, corrupt } = report;
  // The full-text index is one thing for all entities: where it lies, that is one more.
  const text = report.deep?.fullTextSound === false ? 1 : 0;
  return failed + missing + outdated + stale + orphaned + (lost ?? 0) + (ghost ?? 0) + (corrupt ?? 0) + text;
}
