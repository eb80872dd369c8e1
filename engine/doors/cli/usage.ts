/** What commander says of a wrong command line, as an error like any other. */
import type { Command, CommanderError } from 'commander';
import { PlumblineError } from '../../errors.ts';

/** Makes a command throw {@link PlumblineError} `USAGE` instead of writing to standard error and exiting. */
export function throwUsageErrors(command: Command): void {
  command.configureOutput({ outputError: () => {} }).exitOverride((error) => {
    // Help and version are no errors; `main` knows them by their code.
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    throw usageError(error, command);
  });
}

function usageError(error: CommanderError, command: Command): PlumblineError {
  const [text = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n');
  const meant = /Did you mean (?:one of )?(.+)\?/.exec(suggestion)?.[1];
  const isRoot = command.parent === null;
  const help = `plumbline ${isRoot ? '' : `${command.name()} `}--help`;
  const hints = [
    meant === undefined ? null : `Did you mean ${meant}?`,
    error.code === 'commander.unknownOption' && command.name() === 'search'
      ? 'A query that begins with a dash goes behind `--`.'
      : null,
    isRoot ? `\`${help}\` lists the verbs.` : `\`${help}\` shows how it is used.`,
  ];
  return new PlumblineError('USAGE', isRoot ? text : `${command.name()}: ${text}`, {
    hint: hints.filter((hint) => hint !== null).join(' '),
    cause: error,
  });
}
