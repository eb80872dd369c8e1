import { Group, Loader, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useRef, type JSX, type KeyboardEvent } from 'react';
import { useTyped } from '../../components/use-typed.ts';
import { HIT_COUNTS, type SearchAddress } from './search-address.ts';
import type { SearchMode } from '../../../engine/contract.ts';

interface SearchFormProps {
  readonly address: SearchAddress;
  readonly isAsking: boolean;
  /** The arrow down: to the hits. */
  readonly onDown: () => void;
}

/** What to search for, and how. Answers come while a person types; Enter keeps the search in the window's history. */
export function SearchForm({ address, isAsking, onDown }: SearchFormProps): JSX.Element {
  const { query, mode, k, change } = address;
  const input = useRef<HTMLInputElement>(null);
  const isKept = useRef(query !== '');
  const [typed, type, askNow] = useTyped(query, (text) => {
    if (text === query) return;
    change({ query: text }, { keep: isKept.current });
    isKept.current = false;
  });

  useHotkeys([['/', () => input.current?.focus()]]);

  const press = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') onDown();
    else if (event.key === 'Enter') {
      askNow();
      isKept.current = true;
    } else return;
    event.preventDefault();
  };

  return (
    <Group gap="sm" mb="md" role="search" align="flex-end">
      <TextInput
        ref={input}
        aria-label="Query"
        aria-keyshortcuts="/"
        placeholder="Words, a question, or a sentence that means the same"
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
        onKeyDown={press}
        autoComplete="off"
        size="md"
        flex="1 1 280px"
        leftSection={<IconSearch size={18} aria-hidden />}
        rightSection={isAsking ? <Loader size={16} aria-label="Searching" /> : null}
        data-autofocus
      />
      <SegmentedControl<SearchMode>
        aria-label="Mode"
        value={mode}
        onChange={(value) => change({ mode: value }, { keep: true })}
        data={[
          { value: 'hybrid', label: 'Both' },
          { value: 'vector', label: 'Meaning' },
          { value: 'text', label: 'Words' },
        ]}
      />
      <Select
        aria-label="Number of hits"
        w={116}
        value={String(k)}
        onChange={(value) => value !== null && change({ k: Number(value) }, { keep: true })}
        allowDeselect={false}
        data={HIT_COUNTS.map((count) => ({ value: String(count), label: `${count} hits` }))}
      />
    </Group>
  );
}
