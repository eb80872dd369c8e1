import { Textarea } from '@mantine/core';
import { useImperativeHandle, useRef, type JSX, type Ref } from 'react';

export interface TemplateFieldHandle {
  /** Puts a text where the cursor is, and the cursor behind it. */
  insert(text: string): void;
}

interface TemplateFieldProps {
  readonly ref: Ref<TemplateFieldHandle>;
  readonly value: string;
  /** What is wrong, and where. */
  readonly error: string | null;
  readonly onChange: (template: string) => void;
}

export function TemplateField({ ref, value, error, onChange }: TemplateFieldProps): JSX.Element {
  const area = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(ref, () => ({
    insert(text) {
      const field = area.current;
      if (field === null) return;
      field.focus();
      // Through the browser's own editing, so that it can be undone.
      // eslint-disable-next-line typescript/no-deprecated
      document.execCommand('insertText', false, text);
    },
  }));
  return (
    <Textarea
      ref={area}
      label="Template"
      description="The text that is embedded: {{column}} stands for a value; a line whose values are all empty is left out."
      classNames={{ input: 'mono' }}
      autosize
      minRows={4}
      maxRows={16}
      spellCheck={false}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
