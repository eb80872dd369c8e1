/** Who connects where, and as whom: what the configuration leaves open comes from where MariaDB's own tools take it. */
import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { addressLabel, type TlsMode } from '../../server-address.ts';
import { serverAddress, type SourceConfigOf } from '../../source-config.ts';
import { readCertificate } from '../server/certificate.ts';
import type { Whereabouts } from '../server/errors.ts';

export interface MariadbAddress extends Whereabouts {
  /** A host with its port, or the path of a socket. */
  readonly endpoint: { readonly host: string; readonly port: number } | { readonly socketPath: string };
  readonly password: string | undefined;
  readonly tls: TlsMode;
  /** PEM; null for the certificates that Node trusts. */
  readonly ca: string | null;
  readonly timeoutMs: number;
}

const DEFAULT_TIMEOUT_S = 600;

/** User and password come from the configuration, else `MYSQL_PWD`, else the `[client]` of `~/.my.cnf`. */
export function mariadbAddress(source: SourceConfigOf<'mariadb'> | SourceConfigOf<'mysql'>): MariadbAddress {
  const said = serverAddress(source);
  const file = readClientOptions();
  const host = said.host ?? file.get('host') ?? 'localhost';
  const port = said.port ?? Number(file.get('port') ?? 3306);
  const database = said.database ?? '';
  const isSocket = host.startsWith('/');
  return {
    label: addressLabel(isSocket ? { host, database } : { host, port, database }),
    endpoint: isSocket ? { socketPath: host } : { host, port },
    database,
    user: said.user ?? file.get('user') ?? userInfo().username,
    password: said.password ?? process.env['MYSQL_PWD'] ?? file.get('password'),
    tls: isSocket ? 'disable' : (said.tls ?? 'prefer'),
    ca: source.tlsCa === undefined ? null : readCertificate(source.tlsCa),
    timeoutMs: (source.timeout ?? DEFAULT_TIMEOUT_S) * 1000,
  };
}

/** Options of the section `[client]`, as https://mariadb.com/kb/en/configuring-mariadb-with-option-files/ has them. */
function readClientOptions(): Map<string, string> {
  const options = new Map<string, string>();
  let section = '';
  for (const line of readLines(join(homedir(), '.my.cnf'))) {
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
    const [, name, value] = /^([\w-]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (section === 'client' && name !== undefined) options.set(name, optionValue(value ?? ''));
  }
  return options;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.trim());
  } catch {
    return [];
  }
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', r: '\r', s: ' ' };

/** A value as the tools read it: up to a `#` outside of quotes, without quotes around it, and with its escapes resolved. */
function optionValue(text: string): string {
  const [said = ''] = /^(?:[^'"#]|(['"])(?:\\.?|(?!\1)[^\\])*(?:\1|$))*/.exec(text) ?? [];
  const value = said.trim();
  const bare = /^(['"])(.*)\1$/.exec(value)?.[2] ?? value;
  return bare.replace(/\\([btnrs"'\\])/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
}
