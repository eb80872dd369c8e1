import type { Command } from 'commander';
import { EXIT } from '../../../errors.ts';
import { initWorkspace } from '../../../operations/init.ts';
import { renderInit } from '../render/discovery.ts';
import type { Session } from '../session.ts';
import { addCommand } from '../verb.ts';

/** Not an operation of the contract: there is no engine before there is a workspace. */
export function addInit(program: Command, session: Session): void {
  addCommand(program, {
    name: 'init',
    summary: 'make a workspace for a source: writes plumbline.yaml',
    examples: [
      'init --source shop.sqlite',
      'init --source postgres://reader@db.example/shop -w shop-index --name shop',
    ],
  })
    .requiredOption('--source <path>', 'path or URL of what to keep an index of; it is only ever read')
    .option('--name <name>', 'what to call the source (default: its file name)')
    .action(async (options: { source: string; name?: string }) => {
      await session.answer(async () => {
        const { folder, workers } = session;
        const from = session.resolvePath('.');
        const output = await initWorkspace(
          { folder, source: options.source, from, name: options.name },
          workers,
        );
        return { json: output, lines: renderInit(output, session.terminal), exitCode: EXIT.ok };
      });
    });
}
