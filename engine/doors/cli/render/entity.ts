/** Everything about one entity, in lines. Texts in full; lines of theirs stay lines. */
import type { Entity } from '../../../contract.ts';
import { clean, formatAgo, plural, table } from '../format.ts';
import type { Terminal } from '../terminal.ts';

export function renderEntity(entity: Entity, terminal: Terminal, now = Date.now()): string[] {
  const { source, sourceError, indexed, deadLetter, reported } = entity;
  const name = terminal.style('bold', `${clean(entity.entityType)} ${clean(entity.key)}`);
  const isSame = source !== null && indexed !== null && source.text === indexed.text;
  return [
    `${name}  ${stateOf(entity, terminal)}`,
    ...(reported === null
      ? []
      : [
          terminal.style(
            'dim',
            `  ${reported.class} as of report ${reported.reportId}: ${clean(reported.reason)}`,
          ),
        ]),
    ...(sourceError === null
      ? []
      : [
          `${terminal.style('red', `source ${sourceError.code}`)}: ${clean(sourceError.message)}`,
          ...(sourceError.hint === null ? [] : [`  ${terminal.withCommands(clean(sourceError.hint))}`]),
        ]),
    ...(source === null ? [] : sourceLines(source, terminal)),
    ...(indexed === null ? [] : indexedLines(indexed, isSame, now, terminal)),
    ...(deadLetter === null
      ? []
      : [
          `${terminal.style('red', `dead letter ${clean(deadLetter.code)}`)} in ${deadLetter.stage}, ${plural(deadLetter.attempts, 'attempt')}, job ${deadLetter.jobId}, ${formatAgo(deadLetter.lastAt, now)}`,
          `  ${clean(deadLetter.message)}`,
          ...(deadLetter.excluded === null ? [] : [`  excluded: ${clean(deadLetter.excluded.reason)}`]),
        ]),
  ];
}

function stateOf(entity: Entity, terminal: Terminal): string {
  const words = entity.class?.replaceAll('_', ' ') ?? 'the source cannot be asked';
  return terminal.style(entity.class === 'in_sync' ? 'green' : 'yellow', words);
}

function sourceLines({ text, error, fields }: NonNullable<Entity['source']>, terminal: Terminal): string[] {
  const rows = fields.map(({ name, value }) => [
    `  ${clean(name)}`,
    value === null ? terminal.style('dim', 'NULL') : clean(value),
  ]);
  return [
    'in the source:',
    ...table(rows),
    ...(error === null ? [] : [`  ${terminal.style('red', error.code)}: ${clean(error.message)}`]),
    ...textLines(text, terminal),
  ];
}

function indexedLines(
  indexed: NonNullable<Entity['indexed']>,
  isSame: boolean,
  now: number,
  terminal: Terminal,
): string[] {
  const { chunks, model, recipe } = indexed;
  const tokens = chunks.reduce((sum, chunk) => sum + chunk.tokens, 0);
  return [
    `indexed by job ${indexed.jobId}, ${formatAgo(indexed.writtenAt, now)}, in ${plural(chunks.length, 'chunk')} of ${plural(tokens, 'token')}`,
    `  with model ${clean(model.name)} (${model.dimensions} dimensions), recipe ${recipe.fingerprint.slice(0, 12)}, generation ${indexed.generation}`,
    ...(indexed.sound
      ? []
      : [`  ${terminal.style('red', 'damaged: text or vector do not fit their checksums')}`]),
    ...(isSame ? [terminal.style('dim', '  the same text')] : textLines(indexed.text, terminal)),
  ];
}

const textLines = (text: string | null, terminal: Terminal): string[] =>
  text === null || text === ''
    ? [terminal.style('dim', '  no text')]
    : text.split(/\r\n|\n|\r/).map((line) => `  │ ${clean(line)}`);
