/** Asks the engine: any answer is a sign of life, even an error; one that refuses the token ends the page's stay. */
import { hasCode, PlumblineError, toErrorData } from '../../engine/errors.ts';
import { noteContact, noteSilence } from '../state/connection.ts';
import { clients, leave, type Clients } from '../state/session.ts';

/** @throws PlumblineError what the operation throws; `SERVER_UNREACHABLE`. */
export async function ask<T>(question: (clients: Clients) => Promise<T>): Promise<T> {
  const asked = clients();
  try {
    const answer = await question(asked);
    noteContact();
    return answer;
  } catch (error) {
    if (hasCode(error, 'SERVER_UNREACHABLE')) noteSilence();
    else if (error instanceof PlumblineError) noteContact();
    if (hasCode(error, 'TOKEN_WRONG', 'TOKEN_MISSING')) leave(asked.token, toErrorData(error));
    throw error;
  }
}
