import { Button, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState, type JSX } from 'react';
import { notifyDone, notifyProblem } from '../../components/notify.ts';
import { formatPlural } from '../../format.ts';
import { exportDrift, type DriftExport } from './export-drift.ts';

interface ExportMenuProps extends Omit<DriftExport, 'format'> {
  /** Items under the filters. */
  readonly count: number;
}

/** Saves what the filters leave as a file. */
export function ExportMenu({ count, ...filters }: ExportMenuProps): JSX.Element {
  const [isSaving, setSaving] = useState(false);
  const save = async (format: DriftExport['format']): Promise<void> => {
    setSaving(true);
    try {
      const name = await exportDrift({ ...filters, format });
      if (name !== null) notifyDone('Exported', `${formatPlural(count, 'item', 'items')} to ${name}.`);
    } catch (error) {
      notifyProblem('The items could not be exported', error);
    } finally {
      setSaving(false);
    }
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="default"
          size="sm"
          loading={isSaving}
          disabled={count === 0}
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{formatPlural(count, 'item', 'items')}</Menu.Label>
        <Menu.Item onClick={() => void save('csv')}>CSV, for spreadsheets</Menu.Item>
        <Menu.Item onClick={() => void save('json')}>JSON, for programs</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
