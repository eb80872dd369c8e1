/** A key's typed value in words: `7` and `'7'` are different keys. Pure. */
import type { Entity } from '../../../engine/contract.ts';

type KeyValue = Entity['keyValues'][number];

export function describeKeyValue(value: KeyValue): { readonly type: string; readonly text: string } {
  if (value === null) return { type: 'NULL', text: 'NULL' };
  switch (typeof value) {
    case 'bigint':
      return { type: 'integer', text: value.toString() };
    case 'number':
      return { type: Number.isInteger(value) ? 'integer' : 'real', text: String(value) };
    case 'string':
      return { type: 'text', text: value };
    default:
      return 'blob' in value
        ? { type: 'bytes, in hex', text: value.blob }
        : { type: 'text that is not UTF-8, in hex', text: value.text };
  }
}
