/** What it means that an address did not load. */

/**
 * True where another address was loaded in its place, which Electron reports like a failure: the one who is told of it would
 * be looking at a page that works. Two ways in may follow each other closely, as when the app is started twice.
 */
export const wasReplaced = (error: Error): boolean => 'code' in error && error.code === 'ERR_ABORTED';
