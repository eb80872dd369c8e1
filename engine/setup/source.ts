/** Sources before they are a workspace's, and beside its jobs: probed and previewed on a thread of their own. */
import { stat } from 'node:fs/promises';
import type { Config } from '../config.ts';
import { PlumblineError, type ErrorData } from '../errors.ts';
import { decodeKey, formatKey } from '../key.ts';
import type { SourceThread } from '../jobs/context.ts';
import { discoverTypes, initialTemplate } from '../operations/discover.ts';
import { emptySource } from '../operations/init.ts';
import { withSource } from '../operations/with-source.ts';
import { pack, unpack } from '../packed.ts';
import type { ChosenType, SetupInput, SetupOutput } from '../setup-contract.ts';
import { sourceLabel, type SourceConfig } from '../source-config.ts';
import { parseSource } from '../sources/parse-source.ts';
import { compileTemplate } from '../template.ts';
import { loadConfig, sourceConfig } from '../workspace.ts';
import { openEngine, type SetupContext } from './context.ts';
import { nextFolder } from './new-folder.ts';
import { withHome } from './paths.ts';

/**
 * A source as a person names it, for `parseSource`; `~` is the person's own folder.
 * @throws PlumblineError `PATH_INVALID`: what no path or URL can hold.
 */
export function sourceText(source: string): string {
  if (source.includes('\0'))
    throw new PlumblineError('PATH_INVALID', 'a source cannot have a NUL character in its name');
  return withHome(source);
}

/** The configuration of the open workspace as it is now: the engine reads it anew when its next job begins. */
export function configOf(context: SetupContext): Config {
  return loadConfig(openEngine(context).paths);
}

/** The source that is named, or the open workspace's; as it is opened. */
export function sourceOf(context: SetupContext, reference: string | undefined): SourceConfig {
  if (reference === undefined) return sourceConfig(openEngine(context).paths, configOf(context));
  return parseSource(sourceText(reference), { from: context.startFolder });
}

/** @throws PlumblineError `SOURCE_EMPTY`, and those of opening the source. */
export async function probeSource(
  context: SetupContext,
  input: SetupInput<'probeSource'>,
): Promise<SetupOutput<'probeSource'>> {
  const source = sourceOf(context, input.source);
  const found = await withSource(source, context.workers, (thread) => discoverTypes(thread, null));
  if (found.length === 0) throw emptySource(source);
  const { name, kind } = source;
  return {
    folder: nextFolder(context.home.workspaces, name),
    source: { name, kind, bytes: await sizeOf(source) },
    entityTypes: found.map((type) => ({
      ...type,
      template: type.textColumns.length === 0 ? '' : initialTemplate(type),
    })),
  };
}

/** Of a file; null of a folder or a server. */
async function sizeOf(source: SourceConfig): Promise<number | null> {
  const found = await stat(sourceLabel(source)).catch(() => null);
  return found?.isFile() === true ? found.size : null;
}

/**
 * Opens an entity type as it was set up.
 * @throws PlumblineError `TEMPLATE_INVALID`, `COLUMN_UNKNOWN`, `KEY_MISSING`, `FILTER_INVALID`, `ENTITY_TYPE_UNKNOWN`.
 */
export async function openChosen(thread: SourceThread, type: ChosenType): Promise<void> {
  const { name, key: keyColumns, template, filter = null } = type;
  const { columns } = compileTemplate(template);
  await thread.call('openType', { entityType: name, keyColumns, columns, filter, template });
}

/** A row as a document; where it cannot be rendered, `error` says why and `text` is ''. */
export interface SampleDocument {
  readonly key: string;
  readonly text: string;
  readonly error: ErrorData | null;
}

/** The documents of the first rows, in key order; rows that go meanwhile are left out. */
export async function firstDocuments(
  thread: SourceThread,
  name: string,
  limit: number,
): Promise<SampleDocument[]> {
  const { keys } = await thread.call('scan', name, null, limit);
  const samples: SampleDocument[] = [];
  for (let rest = unpack(keys); rest.length > 0;) {
    const documents = await thread.call('documents', name, pack(rest), { fresh: true });
    documents.forEach((document, i) => {
      const key = formatKey(decodeKey(rest[i] ?? new Uint8Array()));
      if (document?.ok === true) samples.push({ key, text: document.text, error: null });
      if (document?.ok === false) samples.push({ key, text: '', error: document.error });
    });
    rest = rest.slice(documents.length);
  }
  return samples;
}
