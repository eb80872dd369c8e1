/** Server-sent events over fetch, which unlike `EventSource` can send a token. */
import { jobSchema, type ProblemEvent } from '../../contract.ts';
import { z } from 'zod';
import { parse } from '../../json.ts';

const told = z.object({
  job: jobSchema,
  stage: z.string(),
  stages: z.array(z.string()),
  percent: z.number().nullable(),
  ratePerSecond: z.number().nullable(),
  etaMs: z.number().nullable(),
  workers: z.number(),
  memoryBytes: z.number(),
  run: z.string().nullable(),
});
export type JobTold = z.infer<typeof told>;

const problem = z.object({
  jobId: z.string(),
  entityType: z.string(),
  kind: z.enum(['dead_letter', 'retry']),
  code: z.string(),
  message: z.string(),
  key: z.string().nullable(),
  count: z.number(),
  at: z.number(),
});

/** What a stream tells. `gap`: something was missed, so whoever keeps state reads it anew; `end`: the server ends. */
export type ServerEvent =
  | ({ readonly type: 'job' | 'progress' } & JobTold)
  | ({ readonly type: 'problem' } & ProblemEvent)
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'hello' }
  | { readonly type: 'gap' }
  | { readonly type: 'end' };

export interface ReceivedEvent {
  readonly event: ServerEvent;
  /** Where to go on after it; null where the stream does not say. */
  readonly id: string | null;
}

/** The events of one connection, until it ends. Unknown types are left out: newer servers may have more. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ReceivedEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  // Not every browser iterates over streams.
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const received = readBlock(block);
        if (received !== null) yield received;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function readBlock(block: string): ReceivedEvent | null {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    fields.set(name, value);
  }
  const event = toEvent(fields.get('event') ?? '', fields.get('data') ?? '');
  return event === null ? null : { event, id: fields.get('id') ?? null };
}

function toEvent(type: string, data: string): ServerEvent | null {
  switch (type) {
    case 'job':
    case 'progress':
      return { type, ...told.parse(parse(data)) };
    case 'problem':
      return { type, ...problem.parse(parse(data)) };
    case 'notice':
      return { type, message: z.object({ message: z.string() }).parse(parse(data)).message };
    case 'hello':
    case 'gap':
    case 'end':
      return { type };
    default:
      return null;
  }
}
