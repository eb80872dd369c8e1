/**
 * The page's address: `#/drift/Track?class=stale`. Path and query both stand behind the hash: a query before it, where wouter's
 * own hash location puts it, would go to the server with every reload and stay behind when another screen is opened.
 */
import { useCallback, useMemo, useSyncExternalStore } from 'react';

interface NavigateOptions {
  /** Takes the place of the address that is left, so that Back does not lead to it. */
  readonly replace?: boolean;
}

/** wouter's location hook: the path alone, so that screens stay while their query changes. */
export function useAddressPath(): [path: string, navigate: typeof navigate] {
  return [useSyncExternalStore(onAddressChange, currentPath), navigate];
}
useAddressPath.hrefs = (href: string): string => `#${href}`;

/** The second segment of the path, which names an entity type on most screens; null where there is none. */
export function useAddressName(): string | null {
  const name = useAddressPath()[0].split('/')[2] ?? '';
  return useMemo(() => (name === '' ? null : decode(name)), [name]);
}

export interface AddressQuery {
  readonly query: URLSearchParams;
  /** Sets fields, or removes those that are null, and leaves the others. */
  readonly change: (fields: Readonly<Record<string, string | null>>, options?: NavigateOptions) => void;
}

export function useAddressQuery(): AddressQuery {
  const text = useSyncExternalStore(onAddressChange, currentQuery);
  const query = useMemo(() => new URLSearchParams(text), [text]);
  const change: AddressQuery['change'] = useCallback((fields, options) => {
    // What is there now, not what was rendered: two changes in a row must not undo each other.
    const next = new URLSearchParams(currentQuery());
    for (const [name, value] of Object.entries(fields)) {
      if (value === null) next.delete(name);
      else next.set(name, value);
    }
    if (next.toString() === currentQuery()) return;
    navigate(`${currentPath()}${next.size === 0 ? '' : `?${next}`}`, options);
  }, []);
  return { query, change };
}

function navigate(to: string, { replace = false }: NavigateOptions = {}): void {
  const oldURL = location.href;
  history[replace ? 'replaceState' : 'pushState'](null, '', `#${to.startsWith('/') ? to : `/${to}`}`);
  // Changes made by a script are not told by the browser.
  dispatchEvent(new HashChangeEvent('hashchange', { oldURL, newURL: location.href }));
}

function onAddressChange(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

function currentPath(): string {
  return `/${location.hash.replace(/^#?\/?/, '').replace(/\?.*$/s, '')}`;
}

function currentQuery(): string {
  return /\?(.*)$/s.exec(location.hash)?.[1] ?? '';
}

/** An address that a person typed need not be encoded well. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
