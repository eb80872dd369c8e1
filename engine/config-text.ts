/** The commented text of a new `plumbline.yaml`. Pure. */
import { stringify } from 'yaml';
import type { SourceConfig } from './source-config.ts';

/** What `init` knows of an entity type when it writes the file. */
export interface InitialType {
  readonly name: string;
  readonly selected: boolean;
  readonly reason: string;
  readonly keyColumns: readonly string[];
  readonly template: string;
  readonly filter?: string | undefined;
}

/** Selected types as entries, and the others as comments with the reason and the remedy. */
export function renderConfig(source: SourceConfig, types: readonly InitialType[], model = 'builtin'): string {
  const selected = types.filter((type) => type.selected);
  const others = types.filter((type) => !type.selected);
  const lines = [
    '# Plumbline keeps a vector index true to the data it was built from.',
    '# Every key is described in docs/configuration.md. Fit for version control: write secrets as ${ENV_NAME}.',
    'version: 1',
    '',
    '# Only ever read, never written to. A relative path starts at this file.',
    ...yamlLines({ source }),
    '',
    "# 'builtin' works offline; or a folder with an ONNX model, or a hub id such as Xenova/all-MiniLM-L6-v2.",
    ...yamlLines({ model }),
    '',
    '# fix-drift stops and asks when it would delete more than this share of an entity type.',
    'maxDeletePercent: 20',
    '',
    '# How long what was replaced is kept for `rollback`; these are the defaults.',
    '# retention: { undoJobs: 20, undoDays: 30, generations: 1, generationDays: 30 }',
    '',
    '# One entry per table or view: its key columns, and the text that is embedded ({{column}}; docs/templates.md).',
    selected.length === 0 ? 'entityTypes: {}' : 'entityTypes:',
    ...selected.flatMap((type) => indent(yamlLines({ [type.name]: entry(type) }))),
    ...(others.length === 0 ? [] : ['', '  # Left out; to include one, add an entry for it.']),
    ...others.map((type) => `  # ${oneLine(type.name)}: ${oneLine(type.reason)}`),
  ];
  return `${lines.join('\n')}\n`;
}

const entry = ({ keyColumns, template, filter }: InitialType) => ({
  key: keyColumns,
  template,
  ...(filter === undefined ? {} : { filter }),
});

function yamlLines(value: unknown): string[] {
  return stringify(value, { lineWidth: 0, flowCollectionPadding: false }).trimEnd().split('\n');
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`));

/** Control characters would end the comment or break the file. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029\s]+/gu, ' ');
