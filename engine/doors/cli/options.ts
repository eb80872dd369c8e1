/** Options that several verbs share, and how their values are read. */
import { InvalidArgumentError, Option } from 'commander';
import { PlumblineError } from '../../errors.ts';

export type OptionValues = Record<string, unknown>;

/** An option that takes a whole number above 0. */
export function integerOption(flags: string, description: string): Option {
  const name = /--?[\w-]+/.exec(flags)?.[0] ?? flags;
  return new Option(flags, description).argParser((value) => toInteger(name, value));
}

function toInteger(name: string, value: string): number {
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  throw new PlumblineError('USAGE', `${name} takes a whole number above 0, not "${value}"`);
}

/** An option that takes a whole number, 0 included. */
export function countOption(flags: string, description: string): Option {
  const name = /--?[\w-]+/.exec(flags)?.[0] ?? flags;
  return new Option(flags, description).argParser((value) => (value === '0' ? 0 : toInteger(name, value)));
}

/** An option with a fixed list of values that may be given several times. */
export function choicesOption(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).argParser((value, previous: string[] | undefined) => {
    if (choices.includes(value)) return [...(previous ?? []), value];
    // As commander says it of options with one value.
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
  });
}

/** `20%` or `20`. */
export function percentOption(flags: string, description: string): Option {
  const name = /--[\w-]+/.exec(flags)?.[0] ?? flags;
  return new Option(flags, description).argParser((value) => {
    const percent = Number(/^(\d+(?:\.\d+)?)\s*%?$/.exec(value)?.[1] ?? NaN);
    if (percent >= 0 && percent <= 100) return percent;
    throw new PlumblineError('USAGE', `${name} takes a percentage from 0% to 100%, not "${value}"`);
  });
}

/** An option that may be given several times. */
export function repeatedOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value, previous: string[] | undefined) => [
    ...(previous ?? []),
    value,
  ]);
}

export const embedderOptions = (): Option[] => [
  integerOption('--workers <n>', 'embedding threads, at most 64 (default: by the number of cores)'),
  integerOption('--batch-size <n>', 'texts per batch, at most 1024'),
];

export const deepOption = (): Option =>
  new Option('--deep', 'also look for lost, ghost and corrupt vectors, and measure recall');

export const TYPES = ['[type...]', 'entity types; all selected ones when none are named'] as const;

export function pick(options: OptionValues, ...names: string[]): OptionValues {
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}
