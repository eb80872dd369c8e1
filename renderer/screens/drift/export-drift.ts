/** Writes the items of the latest report into a file, as they come: a million need no memory of the page. */
import { MAX_PAGE, type DriftClass, type ExportFormat } from '../../../engine/contract.ts';
import { exportTexts } from '../../../engine/drift-export.ts';
import { PlumblineError } from '../../../engine/errors.ts';
import { ask } from '../../api/ask.ts';

export interface DriftExport {
  readonly entityType: string;
  /** The report that the person sees. */
  readonly reportId: string;
  readonly driftClass: DriftClass | null;
  /** '' for no filter. */
  readonly text: string;
  readonly format: ExportFormat;
}

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Of the File System Access API, which not every browser has. */
type SavePicker = (options: {
  suggestedName: string;
  types: { description: string; accept: Record<string, string[]> }[];
}) => Promise<{ readonly name: string; createWritable(): Promise<WritableStream<Uint8Array>> }>;

const MIME: Readonly<Record<ExportFormat, string>> = { csv: 'text/csv', json: 'application/json' };

/**
 * The name of the file; null where the person has thought better of it.
 * @throws PlumblineError what the server answers; `REPORT_REPLACED`.
 */
export async function exportDrift(wanted: DriftExport): Promise<string | null> {
  const { entityType, format } = wanted;
  const suggestedName = `drift-${entityType.replaceAll(/[^\w.-]+/g, '_')}.${format}`;
  const pick = (globalThis as { showSaveFilePicker?: SavePicker }).showSaveFilePicker;
  if (pick === undefined) return download(await read(wanted), suggestedName);
  try {
    // Asked for first: the browser wants to see the click that it answers.
    const file = await pick({
      suggestedName,
      types: [{ description: format.toUpperCase(), accept: { [MIME[format]]: [`.${format}`] } }],
    });
    const body = await read(wanted);
    await body.pipeTo(await file.createWritable());
    return file.name;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw error;
  }
}

/** The server writes whole reports and classes; what a text leaves of them is asked for in pages. */
function read(wanted: DriftExport): Promise<Bytes> | Bytes {
  return wanted.text === '' ? readFile(wanted) : readFound(wanted);
}

async function readFile({ entityType, driftClass, format }: DriftExport): Promise<Bytes> {
  const query = { format, ...(driftClass === null ? {} : { class: driftClass }) };
  const { body } = await ask(({ client }) => client.exportDrift(entityType, query));
  return body ?? new Blob().stream();
}

function readFound({ entityType, reportId, driftClass, text, format }: DriftExport): Bytes {
  const { begin, between, end, item } = exportTexts[format];
  const encoder = new TextEncoder();
  let offset = 0;
  // A search that is not over may find nothing at first.
  let isBegun = false;
  return new ReadableStream({
    async pull(controller) {
      const found = await ask(({ client }) =>
        client.call('drift', {
          entityType,
          query: text,
          offset,
          limit: MAX_PAGE,
          ...(driftClass === null ? {} : { class: driftClass }),
        }),
      );
      if (found.reportId !== reportId)
        throw new PlumblineError('REPORT_REPLACED', 'a newer validation has ended meanwhile', {
          hint: 'Export again: the list shows the newer report.',
        });
      const isLast =
        offset + found.items.length >= found.total &&
        (found.searched === null || found.searched.items >= found.searched.of);
      const before = `${isBegun ? '' : begin}${offset > 0 && found.items.length > 0 ? between : ''}`;
      isBegun = true;
      controller.enqueue(
        encoder.encode(`${before}${found.items.map(item).join(between)}${isLast ? end : ''}`),
      );
      offset += found.items.length;
      if (isLast) controller.close();
    },
  });
}

async function download(body: Bytes, name: string): Promise<string> {
  const url = URL.createObjectURL(await new Response(body).blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of the data by the next turn.
  setTimeout(() => URL.revokeObjectURL(url));
  return name;
}
