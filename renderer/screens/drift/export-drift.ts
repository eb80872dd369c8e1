/** Writes the items of the latest report into a file, as they come: a million need no memory of the page. */
import type { DriftClass } from '../../../engine/contract.ts';
import { sendRequest, failure } from '../../../engine/doors/client/request.ts';
import { useSession } from '../../state/session.ts';

export type ExportFormat = 'csv' | 'json';

interface DriftExport {
  readonly entityType: string;
  readonly driftClass: DriftClass | null;
  /** '' for no filter. */
  readonly text: string;
  readonly format: ExportFormat;
}

/** Of the File System Access API, which not every browser has. */
type SavePicker = (options: {
  suggestedName: string;
  types: { description: string; accept: Record<string, string[]> }[];
}) => Promise<{ readonly name: string; createWritable(): Promise<WritableStream<Uint8Array>> }>;

const MIME: Readonly<Record<ExportFormat, string>> = { csv: 'text/csv', json: 'application/json' };

/**
 * The name of the file; null where the person has thought better of it.
 * @throws PlumblineError what the server answers.
 */
export async function exportDrift(wanted: DriftExport): Promise<string | null> {
  const suggestedName = `drift-${wanted.entityType.replaceAll(/[^\w.-]+/g, '_')}.${wanted.format}`;
  const pick = (globalThis as { showSaveFilePicker?: SavePicker }).showSaveFilePicker;
  if (pick === undefined) return download(await request(wanted), suggestedName);
  const { format } = wanted;
  try {
    // Asked for first: the browser wants to see the click that it answers.
    const file = await pick({
      suggestedName,
      types: [{ description: format.toUpperCase(), accept: { [MIME[format]]: [`.${format}`] } }],
    });
    const { body } = await request(wanted);
    if (body !== null) await body.pipeTo(await file.createWritable());
    return file.name;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw error;
  }
}

async function request({ entityType, driftClass, text, format }: DriftExport): Promise<Response> {
  const { session } = useSession.getState();
  if (session.state !== 'ready') throw new Error('the page has not been let in');
  const query = new URLSearchParams({
    format,
    ...(driftClass === null ? {} : { class: driftClass }),
    ...(text === '' ? {} : { query: text }),
  });
  const response = await sendRequest(
    { url: '', token: session.token },
    `/drift/${encodeURIComponent(entityType)}/export?${query}`,
    { method: 'GET', body: null },
  );
  if (!response.ok) throw await failure(response);
  return response;
}

async function download(response: Response, name: string): Promise<string> {
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of the data by the next turn.
  setTimeout(() => URL.revokeObjectURL(url));
  return name;
}
