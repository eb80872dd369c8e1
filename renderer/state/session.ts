/** Whether the page may ask, and the clients it asks with. */
import { create } from 'zustand';
import { Client } from '../../engine/doors/client/client.ts';
import { SetupClient } from '../../engine/doors/client/setup-client.ts';
import type { ErrorData } from '../../engine/errors.ts';
import { findToken, forgetToken, keepToken, passOnToken, shareToken } from '../api/session.ts';

export interface Clients {
  readonly token: string;
  readonly client: Client;
  readonly setup: SetupClient;
}

type Session =
  | { readonly state: 'starting' }
  | { readonly state: 'token-needed'; readonly problem: ErrorData | null }
  | ({ readonly state: 'ready' } & Clients);

export const useSession = create<{ readonly session: Session }>(() => ({ session: { state: 'starting' } }));

let starting: Promise<void> | null = null;

/** May be called again: the one-time code in the address lets in once, and whoever asks later shares what it led to. */
export function startSession(): Promise<void> {
  return (starting ??= findSession());
}

async function findSession(): Promise<void> {
  shareToken(takeOver);
  const { token, problem } = await findToken();
  if (token === null) useSession.setState({ session: { state: 'token-needed', problem } });
  else enter(token);
}

/** Another tab has renewed the token: the one that this tab holds, or was refused for, is void. The renewing tab hears itself. */
function takeOver(token: string): void {
  const { session } = useSession.getState();
  if (session.state === 'token-needed' || (session.state === 'ready' && session.token !== token))
    enter(token);
}

/** Goes on with a token that this tab has made, and tells the others. */
export function enterRenewed(token: string): void {
  enter(token);
  passOnToken(token);
}

/** Goes on with another token: one that a person typed in, or a new one from the server. */
export function enter(token: string): void {
  keepToken(token);
  const options = { url: '', token };
  useSession.setState({
    session: { state: 'ready', token, client: new Client(options), setup: new SetupClient(options) },
  });
}

/** The server does not take this token any more. Whoever asked with a former one has been overtaken by a new one. */
export function leave(token: string, problem: ErrorData): void {
  const { session } = useSession.getState();
  if (session.state === 'ready' && session.token !== token) return;
  forgetToken();
  useSession.setState({ session: { state: 'token-needed', problem } });
}

/** The clients of a page that has been let in. */
export function clients(): Clients {
  const { session } = useSession.getState();
  if (session.state !== 'ready') throw new Error('the page has not been let in');
  return session;
}
