import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';

/** While a person types. */
const DEBOUNCE_MS = 250;

/**
 * The text of a field that filters as a person types. What it filters by stands elsewhere, where Back and Forward change it, too.
 * @returns what stands in the field, what changes it, and what asks for it without waiting
 */
export function useTyped(
  asked: string,
  ask: (text: string) => void,
): readonly [typed: string, type: (text: string) => void, askNow: () => void] {
  const [typed, setTyped] = useState(asked);
  const [before, setBefore] = useState(asked);
  const askSoon = useDebouncedCallback(ask, DEBOUNCE_MS);
  if (asked !== before) {
    setBefore(asked);
    // A space at the end, which is not asked for, stays.
    if (typed.trim() !== asked) setTyped(asked);
  }
  const type = (text: string): void => {
    setTyped(text);
    askSoon(text.trim());
  };
  const askNow = (): void => {
    askSoon.cancel();
    ask(typed.trim());
  };
  return [typed, type, askNow];
}
