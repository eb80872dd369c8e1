/** Who connects where, and as whom: what the configuration leaves open comes from where PostgreSQL's own tools take it. */
import { userInfo } from 'node:os';
import pgpass from 'pgpass';
import { addressLabel, type TlsMode } from '../../server-address.ts';
import { serverAddress, type SourceConfigOf } from '../../source-config.ts';
import { readCertificate } from '../server/certificate.ts';
import type { Whereabouts } from '../server/errors.ts';

/** Of a statement: copying a large view is one. */
const DEFAULT_TIMEOUT_S = 600;

export interface PostgresAddress extends Whereabouts {
  readonly host: string;
  readonly port: number;
  readonly password: string | undefined;
  readonly tls: TlsMode;
  /** PEM; null for the certificates that Node trusts. */
  readonly ca: string | null;
  readonly timeoutMs: number;
}

/** The password comes from the configuration, else `PGPASSWORD`, else `~/.pgpass` (`PGPASSFILE`). */
export async function postgresAddress(source: SourceConfigOf<'postgres'>): Promise<PostgresAddress> {
  const { env } = process;
  const said = serverAddress(source);
  const host = said.host ?? env['PGHOST'] ?? 'localhost';
  const port = said.port ?? Number(env['PGPORT'] ?? 5432);
  const database = said.database ?? '';
  const user = said.user ?? env['PGUSER'] ?? userInfo().username;
  return {
    label: addressLabel({ host, port, database }),
    host,
    port,
    database,
    user,
    password: said.password ?? env['PGPASSWORD'] ?? (await fromPasswordFile({ host, port, database, user })),
    tls: host.startsWith('/') ? 'disable' : (said.tls ?? 'prefer'),
    ca: source.tlsCa === undefined ? null : readCertificate(source.tlsCa),
    timeoutMs: (source.timeout ?? DEFAULT_TIMEOUT_S) * 1000,
  };
}

function fromPasswordFile(address: {
  host: string;
  port: number;
  database: string;
  user: string;
}): Promise<string | undefined> {
  // Sockets are entered as localhost there.
  const host = address.host.startsWith('/') ? 'localhost' : address.host;
  return new Promise((resolve) => pgpass({ ...address, host }, resolve));
}
