/** Every operation of the contract by its name: what doors dispatch to. */
import type { Input, OperationName, Output } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { audit } from './audit.ts';
import { cancel, pause } from './control.ts';
import { compact } from './compact.ts';
import { discoverTypes } from './discover.ts';
import { doctor } from './doctor.ts';
import { engineState } from './engine-state.ts';
import { entity } from './entity.ts';
import { fixDrift } from './fix-drift.ts';
import { exclude, include } from './letters.ts';
import { rebuild } from './rebuild.ts';
import { rollback } from './rollback.ts';
import { drift } from './drift.ts';
import { deadLetters, history, jobs, search, status } from './read.ts';
import { check, index, resume, retry, validate } from './start-jobs.ts';

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
  rebuild,
  rollback,
  retry,
  resume,
  pause,
  cancel,
  exclude,
  include,
  compact,
  status,
  jobs,
  audit,
  history,
  drift,
  entity,
  deadLetters,
  search,
  engine: (engine) => engineState(engine),
  doctor: (engine, _input, signal) => doctor(engine, signal),
};
