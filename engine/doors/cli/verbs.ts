/** Every verb of the command line, in the order in which help lists them. */
import type { AddVerb } from './verb.ts';
import { checkVerb } from './verbs/check.ts';
import { deadLettersVerb } from './verbs/dead-letters.ts';
import { discoverVerb } from './verbs/discover.ts';
import { doctorVerb } from './verbs/doctor.ts';
import { driftVerb } from './verbs/drift.ts';
import { fixDriftVerb } from './verbs/fix-drift.ts';
import { indexVerb } from './verbs/index.ts';
import { addInit } from './verbs/init.ts';
import { jobsVerb } from './verbs/jobs.ts';
import { resumeVerb } from './verbs/resume.ts';
import { retryVerb } from './verbs/retry.ts';
import { searchVerb } from './verbs/search.ts';
import { statusVerb } from './verbs/status.ts';
import { validateVerb } from './verbs/validate.ts';

export const verbs: readonly AddVerb[] = [
  addInit,
  discoverVerb,
  indexVerb,
  validateVerb,
  checkVerb,
  driftVerb,
  fixDriftVerb,
  searchVerb,
  statusVerb,
  jobsVerb,
  resumeVerb,
  retryVerb,
  deadLettersVerb,
  doctorVerb,
];
