/** What the file system says, in words that tell a person what to do. */
import { EXIT, PlumblineError } from './errors.ts';

/** A failed file operation in the workspace, in words that say what to do. */
export function fileError(error: unknown, path: string): PlumblineError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, error);
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new PlumblineError('WORKSPACE_UNWRITABLE', `cannot write to ${path} (${code})`, {
      hint: 'Give this user write permission there, or choose another workspace folder with -w <folder>.',
      cause: error,
    });
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new PlumblineError('WORKSPACE_UNWRITABLE', `${path} is in the way: a folder is needed there`, {
      hint: 'Choose another workspace folder with -w <folder>.',
      cause: error,
    });
  }
  return new PlumblineError('WORKSPACE_UNWRITABLE', `cannot use ${path}: ${(error as Error).message}`, {
    hint: 'Check the folder, or choose another one with -w <folder>.',
    cause: error,
  });
}

/** The disk is full: what was committed stays, and the job goes on after space is made. */
export function diskFull(path: string, cause: unknown): PlumblineError {
  return new PlumblineError('DISK_FULL', `the disk that holds ${path} is full`, {
    hint: 'Free some space, then run the same command again: it continues where it stopped.',
    retryable: true,
    exitCode: EXIT.interrupted,
    cause,
  });
}
