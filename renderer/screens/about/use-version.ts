import { useQuery } from '@tanstack/react-query';
import { API } from '../../../engine/routes.ts';

/** The engine's version, from the one route that tells it; null until it is known. */
export function useVersion(): string | null {
  const { data } = useQuery({
    queryKey: ['health'],
    queryFn: async ({ signal }) => {
      const response = await fetch(`${API}/health`, { signal });
      const { version } = (await response.json()) as { version: string };
      return version;
    },
  });
  return data ?? null;
}
