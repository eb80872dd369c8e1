/** `--selftest`: the engine's check of what is native, in the kind of process that the engine runs in. One JSON line. */
import { app, utilityProcess } from 'electron';
import { parseFromEngine, type ToEngine } from '../messages.ts';
import { paths } from './paths.ts';

/** Ends the app: 0 where all is well, else 1. After `ready`. */
export function runSelftest(): void {
  const child = utilityProcess.fork(paths.engine, [], { stdio: ['ignore', 'ignore', 'inherit'] });
  let exitCode = 1;
  child.on('message', (received: unknown) => {
    const message = parseFromEngine(received);
    if (message.type !== 'report') return;
    exitCode = message.report.ok ? 0 : 1;
    process.stdout.write(`${JSON.stringify(message.report)}\n`);
  });
  child.once('exit', () => app.exit(exitCode));
  child.postMessage({ type: 'selftest', resources: paths.resources } satisfies ToEngine);
}
