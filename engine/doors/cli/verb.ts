/** From a verb's definition to a command of the program. */
import type { Command, Option } from 'commander';
import { operations, type OperationName, type Output } from '../../contract.ts';
import type { ExitCode } from '../../errors.ts';
import type { OptionValues } from './options.ts';
import type { Calls, Session } from './session.ts';
import type { Terminal } from './terminal.ts';
import { throwUsageErrors } from './usage.ts';

/** How people and their shells see what an operation returned. */
export interface Shown {
  readonly lines: readonly string[];
  readonly exitCode: ExitCode;
  /** For `--json`, instead of the operation's output. */
  readonly json?: unknown;
}

export interface VerbText {
  readonly name: string;
  readonly summary: string;
  /** Command lines without the program's name. */
  readonly examples: readonly string[];
  readonly arguments?: readonly (readonly [name: string, description: string])[];
  readonly options?: readonly Option[];
}

export interface Verb<N extends OperationName> extends VerbText {
  readonly operation: N;
  /** The operation's input; undefined values and empty lists are left out. */
  readonly input: (args: readonly unknown[], options: OptionValues) => OptionValues;
  /** Where a verb that writes as a rule only reads, and so works beside a writer. */
  readonly readsOnly?: (input: OptionValues) => boolean;
  /** Where the output is made of several calls: the most that one gives is bounded. */
  readonly calls?: Calls<N>;
  readonly show: (output: Output<N>, terminal: Terminal, input: OptionValues, options: OptionValues) => Shown;
}

/** Adds a verb that is one operation of the contract. */
export type AddVerb = (program: Command, session: Session) => void;

export function defineVerb<N extends OperationName>(verb: Verb<N>): AddVerb {
  return (program, session) => {
    const command = addCommand(program, verb);
    command.action(async (...received: unknown[]) => {
      const options = command.optsWithGlobals();
      const input = withoutUndefined(verb.input(received.slice(0, -2), options));
      await session.answer(async () => {
        const access = verb.readsOnly?.(input) === true ? 'read' : accessOf(verb.operation);
        const output = await session.run(verb.operation, input, access, verb.calls);
        return { json: output, ...verb.show(output, session.terminal, input, options) };
      });
    });
  };
}

/** The command with its help; the caller gives it an action. */
export function addCommand(program: Command, verb: VerbText): Command {
  const { name, summary, examples } = verb;
  const lines = examples.map((example) => `\n  plumbline ${example}`).join('');
  const command = program
    .command(name)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .addHelpText('after', `\nExample${examples.length > 1 ? 's' : ''}:${lines}`);
  for (const [argument, description] of verb.arguments ?? []) command.argument(argument, description);
  for (const option of verb.options ?? []) command.addOption(option);
  throwUsageErrors(command);
  return command;
}

const accessOf = (operation: OperationName): 'read' | 'write' =>
  operations[operation].writes ? 'write' : 'read';

function withoutUndefined(input: OptionValues): OptionValues {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(input).filter(([, value]) => !isEmpty(value)));
}
