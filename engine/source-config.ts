/**
 * How a source is reached: the `source` of `plumbline.yaml`, one shape per kind, told apart by `kind`. Pure. A new kind of
 * source is a member here, a connector in `sources/connectors.ts` and, where a path or URL can mean it, a line in
 * `sources/parse-source.ts`.
 */
import { z } from 'zod';

const name = z.string().min(1);

const sqliteSchema = z.strictObject({
  kind: z.literal('sqlite'),
  /** What the source is called in messages. */
  name,
  /** The database file; a relative path starts at the workspace. */
  path: z.string().min(1),
});

export const sourceSchema = z.discriminatedUnion('kind', [sqliteSchema]);

export type SourceConfig = z.output<typeof sourceSchema>;
export type SourceKind = SourceConfig['kind'];
export type SourceConfigOf<K extends SourceKind> = Extract<SourceConfig, { kind: K }>;

/** The keys that a source of this kind may have; those of every kind where the kind is not known. */
export function sourceKeys(kind: unknown): string[] {
  const members = sourceSchema.options;
  const known = members.filter((member) => member.shape.kind.safeParse(kind).success);
  return [...new Set((known.length > 0 ? known : members).flatMap((member) => Object.keys(member.shape)))];
}

/** The same source with its path, where it has one, as `change` makes it: absolute to be opened, relative to be written. */
export function withPath(source: SourceConfig, change: (path: string) => string): SourceConfig {
  switch (source.kind) {
    case 'sqlite':
      return { ...source, path: change(source.path) };
    default:
      return source.kind satisfies never;
  }
}

/** Where a source is, for messages. Never a secret. */
export function sourceLabel(source: SourceConfig): string {
  switch (source.kind) {
    case 'sqlite':
      return source.path;
    default:
      return source.kind satisfies never;
  }
}
