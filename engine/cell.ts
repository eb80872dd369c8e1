/** A column's value as templates and checksums see it. Integers are bigints in full; text that is not UTF-8 is decoded lossily. */
export type CellValue = null | bigint | number | string | Uint8Array;
