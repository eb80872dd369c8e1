import type { Command } from 'commander';
import { EXIT } from '../../../errors.ts';
import { loadConfig, workspacePaths } from '../../../workspace.ts';
import { ensureToken } from '../../token.ts';
import type { Session } from '../session.ts';
import { addCommand } from '../verb.ts';

/** Not an operation of the contract: who has no token yet could not ask for it. */
export function addToken(program: Command, session: Session): void {
  addCommand(program, {
    name: 'token',
    summary: 'print the token of the REST door',
    examples: ['token'],
  }).action(async () => {
    await session.answer(async () => {
      const paths = workspacePaths(session.folder);
      // A folder that is no workspace gets none.
      loadConfig(paths);
      const token = ensureToken(paths);
      return { json: { token }, lines: session.terminal.json ? [] : [token], exitCode: EXIT.ok };
    });
  });
}
