/** Which HTTP status an error means. Pure. */
import { EXIT, type ErrorData } from '../../errors.ts';

export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 500 | 503;

const STATUS: Readonly<Record<string, ErrorStatus>> = {
  // What was sent is wrong in itself.
  INPUT_INVALID: 400,
  BODY_INVALID: 400,
  USAGE: 400,
  POLICY_INVALID: 400,
  POLICY_NEEDS_DEEP: 400,
  QUERY_EMPTY: 400,
  QUERY_INVALID: 400,
  QUERY_TOO_LONG: 400,
  PATH_INVALID: 400,

  TOKEN_MISSING: 401,
  TOKEN_WRONG: 401,
  HOST_FORBIDDEN: 403,
  ORIGIN_FORBIDDEN: 403,
  MODEL_ACCESS_DENIED: 403,

  ROUTE_UNKNOWN: 404,
  RUN_UNKNOWN: 404,
  JOB_UNKNOWN: 404,
  KEY_UNKNOWN: 404,
  KEY_MISSING: 404,
  ENTITY_TYPE_UNKNOWN: 404,
  ENTITY_TYPE_NOT_SELECTED: 404,
  WORKSPACE_NOT_FOUND: 404,
  FOLDER_NOT_FOUND: 404,
  METHOD_UNKNOWN: 405,

  // The state of things stands against it; another time, or after a decision, it may work.
  NOT_VALIDATED: 409,
  NOT_INDEXED: 409,
  NOT_RESUMABLE: 409,
  NOT_RUNNING: 409,
  NOT_REVERSIBLE: 409,
  ALREADY_ROLLED_BACK: 409,
  ROLLBACK_CONFLICT: 409,
  UNDO_PRUNED: 409,
  GENERATION_PRUNED: 409,
  UNFINISHED_JOBS: 409,
  JOB_RUNNING: 409,
  RECIPE_CHANGED: 409,
  MODEL_CHANGED: 409,
  SOURCE_REPLACED: 409,
  SOURCE_CHANGED: 409,
  KEY_CHANGED: 409,
  DELETE_CAP_EXCEEDED: 409,
  EXCLUDED: 409,
  NO_WORKSPACE: 409,
  WORKSPACE_PINNED: 409,
  WORKSPACE_EXISTS: 409,
  JOBS_RUNNING: 409,
  CONFIG_CHANGED: 409,
  MODEL_IN_USE: 409,
  MODEL_EXISTS: 409,
  PAUSED: 409,
  CANCELLED: 409,

  BODY_TOO_LARGE: 413,
  BODY_NOT_JSON: 415,

  OVERLOADED: 503,
  SHUTTING_DOWN: 503,
  TOO_MANY_STREAMS: 503,
  REQUEST_PENDING: 503,
  INTERRUPTED: 503,
  WORKSPACE_LOCKED: 503,
};

/**
 * By the code; what is not listed is something in configuration, source or model that a person has to put right (422),
 * that passes by itself (503), or a fault of the program (500).
 */
export function statusOf(error: Pick<ErrorData, 'code' | 'retryable' | 'exitCode'>): ErrorStatus {
  const known = STATUS[error.code];
  if (known !== undefined) return known;
  if (error.retryable) return 503;
  return error.exitCode === EXIT.unexpected ? 500 : 422;
}

/** Seconds after which trying again makes sense; null where it does not by itself. */
export function retryAfter(status: ErrorStatus, code: string): number | null {
  if (status !== 503) return null;
  return code === 'REQUEST_PENDING' ? 1 : 5;
}
