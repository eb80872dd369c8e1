/** Every operation of the contract by its name: what doors dispatch to. */
import type { Input, OperationName, Output } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { discoverTypes } from './discover.ts';
import { doctor } from './doctor.ts';
import { deadLetters, drift, jobs, search, status } from './read.ts';
import { check, fixDrift, index, resume, retry, validate } from './start-jobs.ts';

type Implementations = {
  readonly [N in OperationName]: (
    engine: Engine,
    input: Input<N>,
    signal: AbortSignal,
  ) => Promise<Output<N>> | Output<N>;
};

export const implementations: Implementations = {
  async discover(engine) {
    const { thread } = await engine.source();
    const { name, kind } = engine.config.source;
    return { source: { name, kind }, entityTypes: await discoverTypes(thread, engine.config) };
  },
  index,
  validate,
  check,
  fixDrift,
  retry,
  resume,
  status,
  jobs,
  drift,
  deadLetters,
  search,
  doctor: (engine) => doctor(engine),
};
