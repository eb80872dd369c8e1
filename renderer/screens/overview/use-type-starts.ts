import { useStart } from '../../api/queries.ts';
import { notifyProblem } from '../../components/notify.ts';

export interface TypeStarts {
  readonly index: () => void;
  readonly validate: (options?: { readonly deep: boolean }) => void;
  readonly retry: () => void;
  readonly resume: (job: string) => void;
  readonly pause: (job: string) => void;
  /** Something was asked for and not answered yet. */
  readonly isBusy: boolean;
}

/** What can be started for an entity type without a plan: nothing of it deletes. */
export function useTypeStarts(entityType: string): TypeStarts {
  const index = useStart('index');
  const validate = useStart('validate');
  const retry = useStart('retry');
  const resume = useStart('resume');
  const pause = useStart('pause');
  const told = (what: string) => ({ onError: (error: unknown) => notifyProblem(what, error) });
  const entityTypes = [entityType];
  return {
    index: () => index.mutate({ entityTypes }, told(`${entityType} could not be indexed`)),
    validate: ({ deep } = { deep: false }) =>
      validate.mutate(
        deep ? { entityTypes, deep } : { entityTypes },
        told(`${entityType} could not be validated`),
      ),
    retry: () => retry.mutate({ target: entityType }, told(`${entityType} could not be tried again`)),
    resume: (job) => resume.mutate({ job }, told(`Job ${job} could not be resumed`)),
    pause: (job) => pause.mutate({ job }, told(`Job ${job} could not be paused`)),
    isBusy: [index, validate, retry, resume, pause].some(({ isPending }) => isPending),
  };
}
