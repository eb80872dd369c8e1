/**
 * How a source is reached: the `source` of `plumbline.yaml`, one shape per kind, told apart by `kind`. Pure. A new kind of
 * source is a member here, a connector in `sources/connectors.ts` and, where a path or URL can mean it, a line in
 * `sources/parse-source.ts`.
 */
import { z } from 'zod';
import { addressLabel, parseServerUrl, TLS_MODES, type ServerAddress } from './server-address.ts';

const name = z.string().min(1);

const sqliteSchema = z.strictObject({
  kind: z.literal('sqlite'),
  /** What the source is called in messages. */
  name,
  /** The database file; a relative path starts at the workspace. */
  path: z.string().min(1),
});

const filesSchema = z.strictObject({
  kind: z.literal('files'),
  name,
  /** A file of data, or a glob that several match; a relative path starts at the workspace. */
  path: z.string().min(1),
});

const documentsSchema = z.strictObject({
  kind: z.literal('documents'),
  name,
  /** A folder of documents, or one of them; a relative path starts at the workspace. */
  path: z.string().min(1),
});

/** Of a database server: a URL, or its parts; the password may always be apart. */
const serverFields = {
  name,
  url: z.string().min(1).optional(),
  host: z.string().min(1).optional(),
  port: z.int().min(1).max(65_535).optional(),
  database: z.string().min(1).optional(),
  user: z.string().min(1).optional(),
  password: z.string().optional(),
  tls: z.enum(TLS_MODES).optional(),
  /** The certificate that the server's own must be signed by; a relative path starts at the workspace. */
  tlsCa: z.string().min(1).optional(),
  /** Seconds that one statement may take. */
  timeout: z.int().min(1).max(86_400).optional(),
};

const schemas = z.array(z.string().min(1)).min(1).optional();

const postgresSchema = z
  .strictObject({ kind: z.literal('postgres'), ...serverFields, schemas })
  .superRefine(checkAddress);

const mariadbSchema = z
  .strictObject({ kind: z.literal('mariadb'), ...serverFields })
  .superRefine(checkAddress);

const mysqlSchema = z.strictObject({ kind: z.literal('mysql'), ...serverFields }).superRefine(checkAddress);

export const sourceSchema = z.discriminatedUnion('kind', [
  sqliteSchema,
  filesSchema,
  documentsSchema,
  postgresSchema,
  mariadbSchema,
  mysqlSchema,
]);

export type SourceConfig = z.output<typeof sourceSchema>;
export type SourceKind = SourceConfig['kind'];
export type SourceConfigOf<K extends SourceKind> = Extract<SourceConfig, { kind: K }>;

/** Schemes of the URLs of each kind of server. */
export const SERVER_SCHEMES = {
  postgres: ['postgres', 'postgresql'],
  mariadb: ['mariadb'],
  mysql: ['mysql'],
} as const satisfies Partial<Record<SourceKind, readonly string[]>>;
type ServerKind = keyof typeof SERVER_SCHEMES;
export type ServerConfig = SourceConfigOf<ServerKind>;

/** Fields that a URL says already. */
const URL_FIELDS = ['host', 'port', 'database', 'user'] as const;

type CheckedSource = { readonly kind: ServerKind } & z.output<z.ZodObject<typeof serverFields>>;

function checkAddress(source: CheckedSource, context: z.core.$RefinementCtx): void {
  const issue = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (source.url === undefined) {
    if (source.database === undefined) issue('database', 'must be given, here or in a url');
    return;
  }
  const parsed = parseServerUrl(source.url, SERVER_SCHEMES[source.kind]);
  if ('problem' in parsed) return void issue('url', parsed.problem);
  if (parsed.address.database === undefined) issue('url', 'must name the database: …://host/database');
  const twice = URL_FIELDS.find((field) => source[field] !== undefined);
  if (twice !== undefined) issue(twice, 'must not stand beside url, which says it');
}

/** The parts of a server's address, whichever way they were given. Fields of its own win over what the URL says. */
export function serverAddress(source: ServerConfig): ServerAddress {
  const { host, port, database, user, password, tls } = source;
  if (source.url === undefined) return { host, port, database, user, password, tls };
  const parsed = parseServerUrl(source.url, SERVER_SCHEMES[source.kind]);
  if ('problem' in parsed) throw new RangeError(`the url ${parsed.problem}`);
  const { address } = parsed;
  return { ...address, password: password ?? address.password, tls: tls ?? address.tls };
}

/** The keys that a source of this kind may have; those of every kind where the kind is not known. */
export function sourceKeys(kind: unknown): string[] {
  const members = sourceSchema.options;
  const known = members.filter((member) => member.shape.kind.safeParse(kind).success);
  return [...new Set((known.length > 0 ? known : members).flatMap((member) => Object.keys(member.shape)))];
}

/** The same source with its paths as `change` makes them: absolute to be opened, relative to be written. */
export function withPath(source: SourceConfig, change: (path: string) => string): SourceConfig {
  switch (source.kind) {
    case 'sqlite':
    case 'files':
    case 'documents':
      return { ...source, path: change(source.path) };
    case 'postgres':
    case 'mariadb':
    case 'mysql':
      return source.tlsCa === undefined ? source : { ...source, tlsCa: change(source.tlsCa) };
    default:
      return source satisfies never;
  }
}

/**
 * The source as it may be written down: its password is `${NAME}`, and `secrets` say what that stands for.
 */
export function withoutSecrets(source: SourceConfig): {
  readonly source: SourceConfig;
  readonly secrets: Readonly<Record<string, string>>;
} {
  if (!('password' in source) || source.password === undefined) return { source, secrets: {} };
  const name = `${source.name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replace(/^(?=\d)/, '_')}_PASSWORD`;
  return { source: { ...source, password: `\${${name}}` }, secrets: { [name]: source.password } };
}

/** Where a source is, for messages. Never a secret. */
export function sourceLabel(source: SourceConfig): string {
  switch (source.kind) {
    case 'sqlite':
    case 'files':
    case 'documents':
      return source.path;
    case 'postgres':
    case 'mariadb':
    case 'mysql':
      return addressLabel(serverAddress(source));
    default:
      return source satisfies never;
  }
}
