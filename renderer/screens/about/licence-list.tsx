import { Button, Modal, Table, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { RowsLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { formatPlural } from '../../format.ts';
import type { LicencedPackage, Licences } from '../../licences-plugin.ts';
import { CodeBlock } from '../settings/code-block.tsx';
import { SettingCard } from '../settings/setting-card.tsx';
import classes from './about.module.css';

/** Whose work is in the page and the engine, as the build found it. */
export function LicenceList(): JSX.Element {
  const [filter, setFilter] = useState('');
  const [shown, setShown] = useState<LicencedPackage | null>(null);
  const { data, error } = useQuery({ queryKey: ['licences'], queryFn: readLicences });
  const words = filter.trim().toLowerCase();
  const packages = (data?.packages ?? []).filter(({ name, licence }) =>
    `${name} ${licence}`.toLowerCase().includes(words),
  );
  return (
    <SettingCard
      title="Licences"
      description={
        data === undefined
          ? 'Plumbline is MIT-licensed.'
          : `Plumbline is MIT-licensed, and contains the work of ${formatPlural(data.packages.length, 'package', 'packages')}.`
      }
      actions={
        data !== undefined && (
          <TextInput
            aria-label="Filter packages"
            placeholder="Filter packages"
            leftSection={<IconSearch size={16} aria-hidden />}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
        )
      }
    >
      {error !== null && <ProblemView error={error} title="The list cannot be read" />}
      {data === undefined ? (
        error === null && <RowsLoading rows={4} />
      ) : (
        <div className={classes.packages}>
          <Table fz="sm" aria-label="Packages and their licences" stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Package</Table.Th>
                <Table.Th>Version</Table.Th>
                <Table.Th>In</Table.Th>
                <Table.Th>Licence</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {packages.map((one) => (
                <Table.Tr key={`${one.name}@${one.version}`}>
                  <Table.Td className="breakable">{one.name}</Table.Td>
                  <Table.Td className="numeric">{one.version}</Table.Td>
                  <Table.Td>{one.usedIn.join(', ')}</Table.Td>
                  <Table.Td>
                    {one.text === null ? (
                      one.licence
                    ) : (
                      <Button
                        size="compact-sm"
                        variant="default"
                        fw={500}
                        aria-label={`${one.licence}, the licence of ${one.name}`}
                        onClick={() => setShown(one)}
                      >
                        {one.licence}
                      </Button>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          {packages.length === 0 && (
            <Text size="sm" c="dimmed" p="md">
              None has that in its name or licence.
            </Text>
          )}
        </div>
      )}
      <Modal
        opened={shown !== null}
        onClose={() => setShown(null)}
        size="lg"
        title={shown === null ? '' : `${shown.name} ${shown.version}`}
      >
        <CodeBlock label="Licence">{data?.texts[shown?.text ?? -1] ?? ''}</CodeBlock>
      </Modal>
    </SettingCard>
  );
}

async function readLicences({ signal }: { readonly signal: AbortSignal }): Promise<Licences> {
  const response = await fetch('./licences.json', { signal });
  if (!response.ok) throw new Error('The list is made when the page is built, and this page has none.');
  return (await response.json()) as Licences;
}
