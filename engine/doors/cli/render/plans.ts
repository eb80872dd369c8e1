/** What people read of plans: what a dry run says would be done. */
import { formatBytes } from '../../../bytes.ts';
import { driftClasses, type Plan } from '../../../contract.ts';
import { clean, formatCount, formatDuration, plural } from '../format.ts';
import type { Terminal } from '../terminal.ts';

export function renderPlans(plans: readonly Plan[], terminal: Terminal): string[] {
  if (plans.length === 0) return [];
  return [
    ...plans.flatMap((plan) => renderPlan(plan, terminal)),
    terminal.style('dim', 'nothing was written'),
  ];
}

function renderPlan(plan: Plan, terminal: Terminal): string[] {
  const verb = plan.kind === 'repair' ? 'fix-drift' : plan.kind;
  const head = terminal.style('bold', `${verb} ${clean(plan.entityType)}`);
  const { lost = 0, ghost = 0 } = plan;
  const isIdle = plan.embed + plan.delete + lost + ghost === 0;
  if (isIdle && plan.kind !== 'rebuild') {
    return [`${head}  nothing to do: ${plural(plan.source, 'row')}, all in sync`];
  }
  const classes = driftClasses
    .map((name) => ({ name, count: plan[name] ?? 0 }))
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${formatCount(count)} ${name}`);
  const time = plan.estimatedMs === null ? '' : `, about ${formatDuration(plan.estimatedMs)}`;
  const embed = `  would embed ${formatCount(plan.embed)}: ${plural(plan.chunks, 'new text')}, ${plural(plan.tokens, 'token')}${time}`;
  const share = `${plan.deletePercent.toFixed(1)} % of what is indexed; the cap is ${plan.maxDeletePercent} %`;
  return [
    `${head}  ${[plural(plan.source, 'row'), classes.join(', ')].filter((part) => part !== '').join(': ')}`,
    ...(plan.embed > 0 ? [embed] : []),
    ...(plan.kind === 'repair' && plan.delete > 0
      ? [`  would delete ${formatCount(plan.delete)}: ${share}`]
      : []),
    ...(lost > 0 ? [`  would add ${formatCount(lost)} to the index again, without embedding`] : []),
    ...(ghost > 0 ? [`  would drop ${plural(ghost, 'ghost')} from the index`] : []),
    ...(plan.kind === 'rebuild' ? rebuildLines(plan, share) : []),
  ];
}

function rebuildLines(plan: Plan, share: string): string[] {
  return [
    ...(plan.embed === 0 ? ['  would embed nothing: every text has its vector'] : []),
    ...(plan.delete > 0 ? [`  the new index would lack ${formatCount(plan.delete)}: ${share}`] : []),
    ...(plan.disk === undefined
      ? []
      : [
          `  would take about ${formatBytes(plan.disk.neededBytes)} beside the index that serves meanwhile; ${formatBytes(plan.disk.freeBytes)} are free${plan.disk.neededBytes > plan.disk.freeBytes ? ': too little' : ''}`,
        ]),
  ];
}
