/** The verbs: their arguments and options, what they ask of the engine, and how people see the answer. */
import { Option, type Command } from 'commander';
import {
  driftClasses,
  jobStates,
  operations,
  searchModes,
  type Job,
  type OperationName,
  type Output,
} from '../../contract.ts';
import { EXIT, PlumblineError, type ExitCode } from '../../errors.ts';
import { initWorkspace } from '../../operations/init.ts';
import { exitCodeOfJobs, exitCodeOfReports } from './exit-code.ts';
import {
  renderChecks,
  renderDeadLetters,
  renderDiscovery,
  renderDriftItems,
  renderHits,
  renderJob,
  renderOverview,
  renderPlan,
  renderReport,
} from './render.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/** What a verb answers: the JSON document, its lines for people, and the exit code. */
interface Answer {
  readonly json: unknown;
  readonly lines: readonly string[];
  readonly exitCode: ExitCode;
}

type Options = Record<string, unknown>;

/** Adds all verbs to the program. */
export function addVerbs(program: Command, session: Session): void {
  addInit(program, session);

  verb(program, session, 'discover', {
    summary: 'list the tables and views of the source, their keys and text columns',
    example: 'plumbline discover --json',
    input: () => ({}),
    answer: (output, terminal) => ({
      lines: renderDiscovery(output.entityTypes, terminal),
      exitCode: EXIT.ok,
    }),
  });

  verb(program, session, 'index', {
    summary: 'embed what is missing, stale or outdated; never deletes',
    example:
      'plumbline index products orders\n  plumbline index products --key SKU-4711 --key SKU-4712\n  plumbline index --dry-run',
    arguments: [['[type...]', 'entity types; all selected ones when none are named']],
    options: [
      new Option('--key <key>', 'only this key, as `drift` and `search` print it; may be repeated').argParser(
        collect,
      ),
      new Option('--limit <n>', 'read at most n rows').argParser(toInteger('--limit')),
      new Option('--force', 'embed again even what has not changed'),
      ...embedderOptions(),
      new Option('--dry-run', 'say what would be embedded, with tokens and time; write nothing'),
    ],
    input: ([types], options) => ({
      entityTypes: types,
      keys: options['key'],
      ...pick(options, 'limit', 'force', 'workers', 'batchSize', 'dryRun'),
    }),
    answer: answerJobs,
  });

  verb(program, session, 'validate', {
    summary: 'compare source and catalog exactly and report every difference',
    example: 'plumbline validate products',
    arguments: [['[type...]', 'entity types; all selected ones when none are named']],
    input: ([types]) => ({ entityTypes: types }),
    answer: (output, terminal) => {
      const { jobs = [] } = output as typeof output & { jobs?: Job[] };
      const unfinished = jobs.filter((job) => job.state !== 'completed');
      return {
        lines: [
          ...output.reports.flatMap((report) => renderReport(report, terminal)),
          ...unfinished.flatMap((job) => renderJob(job, terminal)),
        ],
        exitCode: unfinished.length > 0 ? exitCodeOfJobs(unfinished) : exitCodeOfReports(output.reports),
        ...firstError(unfinished),
      };
    },
  });

  verb(program, session, 'drift', {
    summary: 'list the keys that the latest validation found drifted',
    example: 'plumbline drift products --class stale --limit 20',
    arguments: [['<type>', 'entity type']],
    options: [
      new Option('--class <class>', 'only this class').choices(driftClasses),
      new Option('--limit <n>', 'list at most n keys (default 1000)').argParser(toInteger('--limit')),
    ],
    input: ([entityType], options) => ({ entityType, ...pick(options, 'class', 'limit') }),
    answer: ({ items, total }, terminal) => ({
      lines: renderDriftItems(items, total, terminal),
      exitCode: EXIT.ok,
    }),
  });

  verb(program, session, 'fixDrift', {
    name: 'fix-drift',
    summary: 'validate, put right what drifted, and validate again',
    example: 'plumbline fix-drift --dry-run\n  plumbline fix-drift products --max-delete 30%',
    arguments: [['[type...]', 'entity types; all selected ones when none are named']],
    options: [
      new Option('--dry-run', 'say what would be done; write nothing'),
      new Option('--max-delete <percent>', 'delete at most this share of a type (default 20%)').argParser(
        toPercent,
      ),
      ...embedderOptions(),
    ],
    input: ([types], options) => ({
      entityTypes: types,
      maxDeletePercent: options['maxDelete'],
      ...pick(options, 'dryRun', 'workers', 'batchSize'),
    }),
    answer: answerJobs,
  });

  verb(program, session, 'retry', {
    summary: 'try the dead letters of an entity type, or those of one job, again',
    example: 'plumbline retry products\n  plumbline retry 12',
    arguments: [['<target>', 'entity type or job number']],
    input: ([target]) => ({ target }),
    answer: answerJobs,
  });

  verb(program, session, 'resume', {
    summary: 'continue an interrupted job after its last checkpoint',
    example: 'plumbline resume 12',
    arguments: [['<job>', 'job number']],
    input: ([job]) => ({ job }),
    answer: answerJobs,
  });

  verb(program, session, 'status', {
    summary: 'show a job, or the latest job and validation of every entity type',
    example: 'plumbline status\n  plumbline status 12 --json',
    arguments: [['[job]', 'job number']],
    input: ([job]) => ({ job }),
    answer: (output, terminal, input) => ({
      lines:
        (input as { job?: string }).job === undefined
          ? renderOverview(output, terminal)
          : [
              ...output.jobs.flatMap((job) => renderJob(job, terminal)),
              ...(output.reports ?? []).flatMap((report) => renderReport(report, terminal)),
            ],
      exitCode: EXIT.ok,
    }),
  });

  verb(program, session, 'jobs', {
    summary: 'list jobs, newest first',
    example: 'plumbline jobs --state interrupted',
    options: [
      new Option('--state <state>', 'only jobs in this state').choices(jobStates),
      new Option('--type <type>', 'only jobs of this entity type'),
      new Option('--limit <n>', 'list at most n jobs').argParser(toInteger('--limit')),
    ],
    input: (_arguments, options) => ({ entityType: options['type'], ...pick(options, 'state', 'limit') }),
    answer: ({ jobs }, terminal) => ({
      lines: jobs.length === 0 ? ['no jobs'] : jobs.flatMap((job) => renderJob(job, terminal)),
      exitCode: EXIT.ok,
    }),
  });

  verb(program, session, 'deadLetters', {
    name: 'dead-letters',
    summary: 'list the entities that failed for good, and why',
    example: 'plumbline dead-letters products',
    arguments: [['[type]', 'entity type']],
    options: [new Option('--limit <n>', 'list at most n (default 1000)').argParser(toInteger('--limit'))],
    input: ([entityType], options) => ({ entityType, ...pick(options, 'limit') }),
    answer: ({ items, total }) => ({ lines: renderDeadLetters(items, total), exitCode: EXIT.ok }),
  });

  verb(program, session, 'search', {
    summary: 'search an entity type by meaning, by words, or both',
    example:
      'plumbline search products "quiet espresso machine" -k 5\n  plumbline search products SKU-4711 --mode text',
    arguments: [
      ['<type>', 'entity type'],
      ['<query>', 'what to look for'],
    ],
    options: [
      new Option('-k <n>', 'how many hits').default(10).argParser(toInteger('-k')),
      new Option('--mode <mode>', 'how to search').choices(searchModes).default('hybrid'),
    ],
    input: ([entityType, query], options) => ({ entityType, query, ...pick(options, 'k', 'mode') }),
    answer: ({ hits }, terminal) => ({ lines: renderHits(hits, terminal), exitCode: EXIT.ok }),
  });

  verb(program, session, 'doctor', {
    summary: 'check source, configuration, catalog, models, indexes and disk',
    example: 'plumbline doctor',
    input: () => ({}),
    answer: ({ checks }, terminal) => ({ lines: renderChecks(checks, terminal), exitCode: EXIT.ok }),
  });
}

interface VerbDefinition<N extends OperationName> {
  /** As typed; default: the operation's name. */
  readonly name?: string;
  readonly summary: string;
  readonly example: string;
  readonly arguments?: readonly (readonly [string, string])[];
  readonly options?: readonly Option[];
  readonly input: (args: readonly unknown[], options: Options) => Options;
  readonly answer: (
    output: Output<N>,
    terminal: Terminal,
    input: Options,
  ) => Omit<Answer, 'json'> & { readonly error?: unknown };
}

function verb<N extends OperationName>(
  program: Command,
  session: Session,
  operation: N,
  definition: VerbDefinition<N>,
): void {
  const command = program
    .command(definition.name ?? operation)
    .summary(definition.summary)
    .description(sentence(definition.summary))
    .addHelpText('after', `\nExample:\n  ${definition.example}`);
  for (const [name, description] of definition.arguments ?? []) command.argument(name, description);
  for (const option of definition.options ?? []) command.addOption(option);
  command.action(async (...received: unknown[]) => {
    const args = received.slice(0, -2);
    const input = withoutUndefined(definition.input(args, command.optsWithGlobals()));
    await session.answer(async () => {
      const access = operations[operation].writes ? 'write' : 'read';
      const output = await session.run(operation, input, access);
      const { error, ...answer } = definition.answer(output, session.terminal, input);
      return { ...answer, json: error === undefined ? output : { ...output, error } };
    });
  });
}

function addInit(program: Command, session: Session): void {
  const summary = 'make a workspace for a source: writes plumbline.yaml';
  program
    .command('init')
    .summary(summary)
    .description(sentence(summary))
    .requiredOption('--source <path>', 'the SQLite database to keep an index of; it is only ever read')
    .option('--name <name>', 'what to call the source (default: its file name)')
    .addHelpText('after', '\nExample:\n  plumbline init --source shop.sqlite -w shop-index')
    .action(async (options: { source: string; name?: string }) => {
      await session.answer(async () => {
        const source = session.resolvePath(options.source);
        const output = await initWorkspace(
          { folder: session.folder, source, name: options.name },
          session.workers,
        );
        const selected = output.entityTypes.filter((type) => type.selected).length;
        return {
          json: output,
          lines: [
            ...renderDiscovery(output.entityTypes, session.terminal),
            '',
            `${output.workspace} is ready: ${selected} of ${output.entityTypes.length} entity types selected in plumbline.yaml.`,
            `Next: plumbline index${session.folderArgument}`,
          ],
          exitCode: EXIT.ok,
        };
      });
    });
}

function answerJobs(
  output: Output<'index'>,
  terminal: Terminal,
): Omit<Answer, 'json'> & { readonly error?: unknown } {
  const { jobs, plans = [] } = output;
  const { reports = [] } = output as typeof output & { reports?: Output<'validate'>['reports'] };
  const byJob = new Map(reports.map((report) => [report.jobId, report]));
  return {
    lines: [
      ...plans.flatMap((plan) => renderPlan(plan, terminal)),
      ...jobs.flatMap((job) => {
        const report = byJob.get(job.id);
        return [...renderJob(job, terminal), ...(report === undefined ? [] : renderReport(report, terminal))];
      }),
    ],
    exitCode: exitCodeOfJobs(jobs),
    ...firstError(jobs),
  };
}

/** The error of the first job that failed: `--json` answers it at the top, too. */
function firstError(jobs: readonly Job[]): { error?: unknown } {
  const error = jobs.find((job) => job.state === 'failed' && job.error !== null)?.error;
  return error === undefined ? {} : { error };
}

const embedderOptions = (): Option[] => [
  new Option('--workers <n>', 'embedding threads').argParser(toInteger('--workers')),
  new Option('--batch-size <n>', 'texts per batch').argParser(toInteger('--batch-size')),
];

const sentence = (summary: string): string => `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;

const collect = (value: string, previous: string[] | undefined): string[] => [...(previous ?? []), value];

const toInteger =
  (option: string) =>
  (value: string): number => {
    if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
    throw new PlumblineError('USAGE', `${option} takes a whole number above 0, not "${value}"`);
  };

function toPercent(value: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*%?$/.exec(value);
  const percent = match === null ? NaN : Number(match[1]);
  if (percent >= 0 && percent <= 100) return percent;
  throw new PlumblineError('USAGE', `--max-delete takes a percentage such as 20%, not "${value}"`);
}

function pick(options: Options, ...names: string[]): Options {
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}

const withoutUndefined = (input: Options): Options =>
  Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== undefined && !isEmptyArray(value)),
  );

const isEmptyArray = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
