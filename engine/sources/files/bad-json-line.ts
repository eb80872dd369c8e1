/** Where in a JSON file an error is: DuckDB miscounts. Only ever run after an error. */
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { jsonEnds } from './json-ends.ts';

/** A JSON document over several lines is parsed as a whole up to this size. */
const DOCUMENT_BYTES = 256 * 1024 * 1024;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** The first line that does not parse as JSON, or where the whole document stops to; null where all do. */
export async function badJsonLine(path: string): Promise<number | null> {
  if (jsonEnds(path).first === '[') return badLineOfDocument(path);
  let number = 0;
  const lines = createInterface({ input: createReadStream(path, 'latin1'), crlfDelay: Infinity });
  for await (const line of lines) {
    number += 1;
    if (!parses(Buffer.from(line, 'latin1'))) return number;
  }
  return null;
}

function badLineOfDocument(path: string): number | null {
  if (statSync(path).size > DOCUMENT_BYTES) return null;
  try {
    JSON.parse(readFileSync(path, 'utf8').replace(/^\ufeff/, ''));
    return null;
  } catch (error) {
    const { message } = error as Error;
    const line = /\(line (\d+) column/.exec(message)?.[1];
    return line === undefined ? null : Number(line);
  }
}

/** As JSON of whole characters. */
function parses(line: Buffer): boolean {
  try {
    const text = strictUtf8.decode(line);
    return text.trim() === '' || !/\\ud[89a-f]/i.test(JSON.stringify(JSON.parse(text)));
  } catch {
    return false;
  }
}
