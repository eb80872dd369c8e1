/** The body of a request, as text, within bounds. */
import { PlumblineError } from '../../errors.ts';

/** The largest body: some ten thousand keys. */
export const BODY_BYTES = 1024 * 1024;

/**
 * Empty where there is none. What a form of another site can send is no JSON by its type.
 * @throws PlumblineError `BODY_NOT_JSON`, `BODY_TOO_LARGE`, `BODY_INVALID`.
 */
export async function readBody(request: Request): Promise<string> {
  const type = request.headers.get('content-type');
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > BODY_BYTES) throw tooLarge();
  const isJson = /^application\/json\s*(?:;|$)/i.test(type ?? '');
  if (!isJson && (type !== null || declared > 0 || request.headers.has('transfer-encoding')))
    throw notJson(type);
  return request.body === null ? '' : readAll(request.body);
}

/** Counted as it comes: a body in chunks does not say its length before. */
async function readAll(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > BODY_BYTES) {
      await reader.cancel().catch(() => {});
      throw tooLarge();
    }
    chunks.push(value);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw new PlumblineError('BODY_INVALID', 'the body is no UTF-8', { cause: error });
  }
}

const tooLarge = (): PlumblineError =>
  new PlumblineError('BODY_TOO_LARGE', `a body has at most ${BODY_BYTES} bytes`);

const notJson = (type: string | null): PlumblineError =>
  new PlumblineError('BODY_NOT_JSON', `a body has to be JSON, not ${type ?? 'without a type'}`, {
    hint: 'Send the header `Content-Type: application/json` (`curl --json` does).',
  });
