import { MultiSelect, Stack, Text, TextInput } from '@mantine/core';
import { useRef, type JSX } from 'react';
import { hasCode, toErrorData } from '../../../engine/errors.ts';
import { formatPlural } from '../../format.ts';
import { problemOf, whyLeftOut, type FoundType, type TypeChoice } from './choice.ts';
import { ColumnsTable } from './columns-table.tsx';
import { InsertColumns } from './insert-columns.tsx';
import { PreviewDocuments } from './preview-documents.tsx';
import { TemplateField, type TemplateFieldHandle } from './template-field.tsx';
import classes from './type-editor.module.css';
import { usePreview } from './use-preview.ts';

interface TypeEditorProps {
  readonly type: FoundType;
  readonly choice: TypeChoice;
  readonly onChange: (choice: TypeChoice) => void;
  /** Absent for the open workspace's. */
  readonly source?: string | undefined;
  /** Counts the tokens. */
  readonly model?: string | undefined;
}

/** How rows of one entity type become text: key, template, filter, and what they make of the first rows. */
export function TypeEditor({ type, choice, onChange, source, model }: TypeEditorProps): JSX.Element {
  const field = useRef<TemplateFieldHandle>(null);
  const preview = usePreview(type.name, choice, source, model);
  const { error } = preview;
  const isKeyDeclared = type.keyColumns.length > 0;
  const ofFilter = hasCode(error, 'FILTER_INVALID') ? error.message : null;
  const ofKey = hasCode(error, 'KEY_MISSING', 'KEY_NOT_UNIQUE') ? error.message : null;
  const ofTemplate = error !== null && ofFilter === null && ofKey === null ? textOf(error) : null;

  return (
    <div className={classes.editor}>
      <Stack gap="md" miw={0}>
        <Text size="sm" c="dimmed">
          {type.kind === 'view' ? 'View' : 'Table'}
          {type.rows === null ? '' : ` with ${formatPlural(type.rows, 'row', 'rows')}`}
          {type.selected ? '' : `; ${whyLeftOut(type)}`}
        </Text>
        {isKeyDeclared ? (
          <div>
            <Text size="sm" fw={500}>
              Key
            </Text>
            <Text size="sm" className="mono breakable">
              {choice.key.join(', ')}
            </Text>
          </div>
        ) : (
          <MultiSelect
            label="Key columns"
            description="None is declared: choose what tells rows apart. Every job proves that it does."
            data={type.columns.map(({ name }) => name)}
            value={[...choice.key]}
            onChange={(key) => onChange({ ...choice, key })}
            error={ofKey}
            searchable
            clearable
            placeholder={choice.key.length === 0 ? 'Choose columns' : ''}
          />
        )}
        <TemplateField
          ref={field}
          value={choice.template}
          error={ofTemplate}
          onChange={(template) => onChange({ ...choice, template })}
        />
        <InsertColumns
          columns={type.columns}
          template={choice.template}
          onInsert={(text) => field.current?.insert(text)}
        />
        <TextInput
          label="Only rows where"
          description="An SQL condition, for example: stock > 0. Leave it empty for all rows."
          classNames={{ input: 'mono' }}
          value={choice.filter}
          error={ofFilter}
          onChange={(event) => onChange({ ...choice, filter: event.currentTarget.value })}
          spellCheck={false}
          autoComplete="off"
        />
        <ColumnsTable columns={type.columns} />
      </Stack>
      <PreviewDocuments preview={preview} waitsFor={problemOf(choice)} />
    </div>
  );
}

function textOf(error: Error): string {
  const { message, hint } = toErrorData(error);
  return hint === null ? message : `${message} ${hint}`;
}
