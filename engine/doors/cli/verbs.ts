/** Every verb of the command line, in the order in which help lists them. */
import type { AddVerb } from './verb.ts';
import { auditVerb } from './verbs/audit.ts';
import { checkVerb } from './verbs/check.ts';
import { cancelVerb } from './verbs/cancel.ts';
import { compactVerb } from './verbs/compact.ts';
import { deadLettersVerb } from './verbs/dead-letters.ts';
import { discoverVerb } from './verbs/discover.ts';
import { doctorVerb } from './verbs/doctor.ts';
import { driftVerb } from './verbs/drift.ts';
import { excludeVerb } from './verbs/exclude.ts';
import { fixDriftVerb } from './verbs/fix-drift.ts';
import { includeVerb } from './verbs/include.ts';
import { indexVerb } from './verbs/index.ts';
import { engineVerb } from './verbs/engine.ts';
import { entityVerb } from './verbs/entity.ts';
import { historyVerb } from './verbs/history.ts';
import { addInit } from './verbs/init.ts';
import { jobsVerb } from './verbs/jobs.ts';
import { rebuildVerb } from './verbs/rebuild.ts';
import { addOpen } from './verbs/open.ts';
import { pauseVerb } from './verbs/pause.ts';
import { resumeVerb } from './verbs/resume.ts';
import { retryVerb } from './verbs/retry.ts';
import { rollbackVerb } from './verbs/rollback.ts';
import { searchVerb } from './verbs/search.ts';
import { addServe } from './verbs/serve.ts';
import { statusVerb } from './verbs/status.ts';
import { addToken } from './verbs/token.ts';
import { validateVerb } from './verbs/validate.ts';

export const verbs: readonly AddVerb[] = [
  addInit,
  discoverVerb,
  indexVerb,
  validateVerb,
  checkVerb,
  driftVerb,
  fixDriftVerb,
  rebuildVerb,
  rollbackVerb,
  searchVerb,
  entityVerb,
  statusVerb,
  historyVerb,
  jobsVerb,
  auditVerb,
  pauseVerb,
  resumeVerb,
  cancelVerb,
  retryVerb,
  deadLettersVerb,
  excludeVerb,
  includeVerb,
  compactVerb,
  addOpen,
  addServe,
  addToken,
  engineVerb,
  doctorVerb,
];
