/** The page's right to ask: the server's token, kept for this tab alone. */
import { errorOf } from '../../engine/doors/client/errors.ts';
import { toErrorData, type ErrorData } from '../../engine/errors.ts';
import { API } from '../../engine/routes.ts';

const STORED = 'plumbline-token';
/** Other tabs of this page answer at once if at all. */
const OTHER_TABS_MS = 250;

export interface Found {
  readonly token: string | null;
  /** Why the address that should have let the page in did not; null where it did or where there was none. */
  readonly problem: ErrorData | null;
}

/** From the address's one-time code, from this tab's earlier life, or from another tab that has it. */
export async function findToken(): Promise<Found> {
  const code = takeCode();
  if (code !== null) {
    try {
      return { token: keepToken(await redeem(code)), problem: null };
    } catch (error) {
      const token = sessionStorage.getItem(STORED) ?? (await askOtherTabs());
      return { token, problem: token === null ? toErrorData(error) : null };
    }
  }
  return { token: sessionStorage.getItem(STORED) ?? (await askOtherTabs()), problem: null };
}

export function keepToken(token: string): string {
  sessionStorage.setItem(STORED, token);
  return token;
}

export function forgetToken(): void {
  sessionStorage.removeItem(STORED);
}

/**
 * Answers other tabs of this page: a copied address carries no code that is still good.
 * @param onRenewed told the token that another tab has put in the place of all former ones
 */
export function shareToken(onRenewed: (token: string) => void): void {
  const channel = openChannel();
  channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const token = sessionStorage.getItem(STORED);
    if (data === 'token?') {
      if (token !== null) channel.postMessage({ token });
    } else if (isRenewal(data)) onRenewed(data.renewed);
  });
}

/** To the other tabs of this page, which would otherwise be shut out. */
export function passOnToken(renewed: string): void {
  const channel = openChannel();
  channel?.postMessage({ renewed } satisfies Renewal);
  channel?.close();
}

interface Renewal {
  readonly renewed: string;
}

const isRenewal = (data: unknown): data is Renewal =>
  typeof data === 'object' && data !== null && 'renewed' in data && typeof data.renewed === 'string';

/** Takes the code out of the address, so that neither history nor a bookmark keeps it. */
function takeCode(): string | null {
  const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1] ?? null;
  if (code !== null) history.replaceState(null, '', `${location.pathname}#/`);
  return code;
}

async function redeem(code: string): Promise<string> {
  const response = await fetch(`${API}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw errorOf(response, body);
  return (body as { token: string }).token;
}

async function askOtherTabs(): Promise<string | null> {
  const channel = openChannel();
  if (channel === null) return null;
  const { promise, resolve } = Promise.withResolvers<string | null>();
  channel.addEventListener('message', ({ data }: MessageEvent<{ token?: unknown } | null>) => {
    if (typeof data?.token === 'string') resolve(keepToken(data.token));
  });
  channel.postMessage('token?');
  setTimeout(() => resolve(null), OTHER_TABS_MS);
  return promise.finally(() => channel.close());
}

/** Reaches pages of this origin only. */
function openChannel(): BroadcastChannel | null {
  return 'BroadcastChannel' in globalThis ? new BroadcastChannel('plumbline') : null;
}
