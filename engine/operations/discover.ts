/** Discover: what the source has, which of it is selected, and what would be embedded. */
import type { Config } from '../config.ts';
import type { Output } from '../contract.ts';
import { toErrorData } from '../errors.ts';
import type { SourceThread } from '../jobs/context.ts';
import type { DiscoveredType } from '../sources/source.ts';
import { compileTemplate, defaultTemplate } from '../template.ts';

type EntityTypes = Output<'discover'>['entityTypes'];

/** What discovery found, as the configuration sees it; without one, as `init` would select it. */
export async function discoverTypes(source: SourceThread, config: Config | null): Promise<EntityTypes> {
  const found = await source.call('discover');
  return found.map((type) => describe(type, config));
}

function describe(type: DiscoveredType, config: Config | null): EntityTypes[number] {
  const configured =
    config !== null && Object.hasOwn(config.entityTypes, type.name)
      ? config.entityTypes[type.name]
      : undefined;
  const template = configured?.template ?? (type.textColumns.length === 0 ? null : initialTemplate(type));
  return {
    name: type.name,
    kind: type.kind,
    keyColumns: [...(configured?.key ?? type.keyColumns)],
    textColumns: [...type.textColumns],
    rows: type.rows,
    selected: config === null ? type.selected : configured !== undefined,
    reason: reasonOf(type, config, configured !== undefined),
    columns: type.columns.map(({ name, declaredType, text, html, reason }) => ({
      name,
      declaredType,
      text,
      html,
      reason,
    })),
    preview: template === null ? [] : preview(type, template),
  };
}

/** The template that `init` writes for a type: all text columns, without HTML. */
export function initialTemplate(type: {
  readonly textColumns: readonly string[];
  readonly columns: readonly { readonly name: string; readonly html: boolean }[];
}): string {
  const html = type.columns.filter((column) => column.html).map((column) => column.name);
  return defaultTemplate(type.textColumns, html);
}

function reasonOf(type: DiscoveredType, config: Config | null, configured: boolean): string {
  if (config === null) return type.reason;
  if (configured) return 'selected in plumbline.yaml';
  return type.selected ? 'not in plumbline.yaml; add it there to select it' : type.reason;
}

/** The documents of the sample rows; a template that does not fit the table says so instead. */
function preview(type: DiscoveredType, template: string): string[] {
  try {
    const compiled = compileTemplate(template);
    const places = compiled.columns.map((name) => type.columns.findIndex((column) => column.name === name));
    return type.sampleRows.map((row) => compiled.render(places.map((place) => row[place] ?? null)));
  } catch (error) {
    return [`(${toErrorData(error).message})`];
  }
}
