import { Option, type Command } from 'commander';
import { fileProblem } from '../../../file-errors.ts';
import { writeFileDurably } from '../../../durable-file.ts';
import { PlumblineError } from '../../../errors.ts';
import { exitCodeOfCheck } from '../exit-code.ts';
import { htmlReport } from '../html-report.ts';
import { deepOption, pick, TYPES } from '../options.ts';
import { renderCheck } from '../render/runs.ts';
import type { Session } from '../session.ts';
import { defineVerb } from '../verb.ts';

/** A gate for pipelines: validates, holds the result against a policy, and leaves a page that people can read. */
export function checkVerb(program: Command, session: Session): void {
  defineVerb({
    operation: 'check',
    name: 'check',
    summary: 'validate and fail when a policy is broken: a gate for pipelines',
    examples: [
      'check',
      'check products --fail-on "missing>0,stale>1%"',
      'check --fail-on "drift>=0.5%" --report drift.html',
      'check --deep --fail-on "lost>0,corrupt>0"',
    ],
    arguments: [TYPES],
    options: [
      deepOption(),
      new Option(
        '--fail-on <expr>',
        'rules such as missing>0,stale>1%; of drift, missing, outdated, stale, orphaned and failed, with --deep also of lost, ghost and corrupt (default: drift>0)',
      ),
      new Option('--report <file>', 'also write the result as one HTML page'),
    ],
    input: ([entityTypes], options) => ({ entityTypes, ...pick(options, 'deep', 'failOn') }),
    show(output, terminal, _input, options) {
      const file = options['report'] as string | undefined;
      if (file !== undefined) writeReport(session.resolvePath(file), htmlReport(output, Date.now()));
      const written = file === undefined ? [] : [`report written to ${session.resolvePath(file)}`];
      return { lines: [...renderCheck(output, terminal), ...written], exitCode: exitCodeOfCheck(output) };
    },
  })(program, session);
}

function writeReport(path: string, html: string): void {
  try {
    writeFileDurably(path, html);
  } catch (error) {
    throw new PlumblineError(
      'REPORT_UNWRITABLE',
      `the report ${path} cannot be written: ${fileProblem(error)}`,
      {
        hint: 'Name a file in a folder that is there and can be written; `plumbline status` shows the result meanwhile.',
        cause: error,
      },
    );
  }
}
