/** What every step of a job that writes entities works with: repairs and rebuilds. */
import type { JobRecord } from '../catalog/jobs.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import type { RunOptions } from './index-job.ts';
import type { Pipeline } from './pipeline.ts';

export interface JobPass {
  readonly context: JobContext;
  readonly target: RecipeTarget;
  readonly job: JobRecord;
  readonly run: RunOptions;
  readonly generationId: number;
  readonly pipeline: Pipeline;
}
