/** What the file system says, in words that tell a person what to do. */
import { readFileSync, statSync } from 'node:fs';
import { EXIT, PlumblineError } from './errors.ts';

/**
 * A failed file operation in the workspace, in words that say what to do.
 * @returns PlumblineError `WORKSPACE_UNWRITABLE`, `DISK_FULL`.
 */
export function fileError(error: unknown, path: string): PlumblineError {
  const code = codeOf(error);
  if (isNoSpace(code)) return diskFull(path, error);
  if (code === 'EFBIG') return fileTooLarge(path, error);
  if (code === 'EIO') return diskFailed(path, error);
  const inTheWay = code === 'ENOTDIR' || code === 'EEXIST' || code === 'EISDIR';
  const message = inTheWay
    ? `${path} cannot be made: ${fileProblem(error)}`
    : `${path} cannot be written: ${fileProblem(error)}`;
  const permission = code === 'EACCES' || code === 'EROFS' || code === 'EPERM';
  return new PlumblineError('WORKSPACE_UNWRITABLE', message, {
    hint: permission
      ? 'Give this user write permission there, or choose another workspace folder with -w <folder>.'
      : 'Choose another workspace folder with -w <folder>.',
    cause: error,
  });
}

/** What went wrong with a file, as a clause: without the system's code and path, which people have seen already. */
export function fileProblem(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'SQLITE_FULL':
      return 'the disk is full';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there';
    case 'EROFS':
    case 'SQLITE_READONLY':
      return 'the file system is read-only';
    case 'ENOENT':
      return 'its folder does not exist';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a file is in the way where a folder is needed';
    case 'EISDIR':
      return 'a folder is in the way';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');

const isNoSpace = (code: string): boolean => code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL';

/** The disk is full: what was committed stays, and the job goes on after space is made. */
export function diskFull(path: string, cause: unknown): PlumblineError {
  return new PlumblineError('DISK_FULL', `the disk that holds ${path} is full`, {
    hint: 'Free some space, then run the same command again: it continues where it stopped.',
    retryable: true,
    exitCode: EXIT.interrupted,
    cause,
  });
}

/** A limit on the size of files, which for everything that follows is a full disk. */
export function fileTooLarge(path: string, cause: unknown): PlumblineError {
  return new PlumblineError(
    'DISK_FULL',
    `${path} may not grow any more: a limit on the size of files is reached`,
    {
      hint: 'Raise the limit (`ulimit -f` shows it), then run the same command again: it continues where it stopped.',
      retryable: true,
      exitCode: EXIT.interrupted,
      cause,
    },
  );
}

/** The disk itself failed, which may pass: what was committed stays, and the job can go on. */
export function diskFailed(path: string, cause: unknown): PlumblineError {
  return new PlumblineError('DISK_FAILED', `the disk that holds ${path} failed: ${fileProblem(cause)}`, {
    hint: 'Check the disk; what was committed stays. Then run the same command again: it continues where it stopped.',
    retryable: true,
    exitCode: EXIT.interrupted,
    cause,
  });
}

/** How close to the limit a file that could not grow may be: what was written at once. */
const SIZE_LIMIT_SLACK = 64 * 1024;

/** True when one of the files is as large as this process may make files. Linux tells; elsewhere the answer is no. */
export function isAtSizeLimit(paths: readonly string[]): boolean {
  try {
    const limit = Number(/^Max file size +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
    return paths.some(
      (path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > limit - SIZE_LIMIT_SLACK,
    );
  } catch {
    return false;
  }
}
