import { driftClasses, type DriftClass, type Report } from '../../../engine/contract.ts';

/** How many items a report has of each class that it found, in order of precedence. */
export function classCounts(report: Report): Map<DriftClass, number> {
  return new Map(
    driftClasses.flatMap((name) => {
      const found = report[name] ?? 0;
      return found === 0 ? [] : [[name, found] as const];
    }),
  );
}

/** All of them. */
export function itemCount(report: Report): number {
  return [...classCounts(report).values()].reduce((sum, found) => sum + found, 0);
}
