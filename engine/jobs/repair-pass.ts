/** What every step of a repair works with. */
import type { JobRecord } from '../catalog/jobs.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import type { RunOptions } from './index-job.ts';
import type { Pipeline } from './pipeline.ts';

export interface RepairPass {
  readonly context: JobContext;
  readonly target: RecipeTarget;
  readonly job: JobRecord;
  readonly run: RunOptions;
  readonly generationId: number;
  readonly pipeline: Pipeline;
}
