/** Where a database server is and who asks: from a URL or from fields. Pure. */

export const TLS_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** What is said; what is not, the connector finds out (a user from the environment, a password from a file). */
export interface ServerAddress {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: TlsMode | undefined;
}

/** What drivers and tools call TLS modes in URLs. */
const MODES: Readonly<Record<string, TlsMode>> = {
  ...Object.fromEntries(TLS_MODES.map((mode) => [mode, mode])),
  disabled: 'disable',
  preferred: 'prefer',
  allow: 'prefer',
  required: 'require',
  verify_ca: 'verify-ca',
  verify_identity: 'verify-full',
  true: 'verify-full',
  false: 'disable',
};
const PASSWORD_HINT =
  'in a password # is written as %23, / as %2F, ? as %3F and @ as %40, or give it apart, as password';
const MODE_PARAMETERS = new Set(['sslmode', 'ssl-mode', 'tls', 'ssl']);

/**
 * Reads `postgres://user:password@host:port/database?sslmode=require`; `?host=/folder` names a socket.
 * @returns the address, or what is wrong with the URL, without a word of its content that may be secret
 */
export function parseServerUrl(
  url: string,
  schemes: readonly string[],
): { readonly address: ServerAddress } | { readonly problem: string } {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined || !schemes.includes(scheme)) {
    return { problem: `must start with ${schemes.map((name) => `${name}://`).join(' or ')}` };
  }
  // No other scheme lets a host be empty, and a scheme of the web's own would hide default ports.
  const parsed = URL.parse(url.replace(/^[^:]+:\/\//, 'server://'));
  if (parsed === null) return { problem: `is not a URL (${PASSWORD_HINT})` };
  // The rest of a password that was cut at one of these: it would be told as the name of a database or a parameter.
  if (parsed.hash !== '' || `${parsed.pathname}${parsed.search}`.includes('@')) {
    return { problem: `has a # or @ behind its host (${PASSWORD_HINT})` };
  }
  const parts = decodeAll([parsed.username, parsed.password, parsed.hostname, parsed.pathname.slice(1)]);
  if (parts === null) return { problem: 'has a % that is not followed by two hex digits (write %25)' };
  const [user = '', password = '', host = '', database = ''] = parts;
  let tls: TlsMode | undefined;
  let socket: string | undefined;
  for (const [name, value] of parsed.searchParams) {
    if (name === 'host') socket = value;
    else if (MODE_PARAMETERS.has(name.toLowerCase())) tls = MODES[value.toLowerCase()];
    else return { problem: `has a parameter "${name}" that is not known; possible are sslmode and host` };
    if (MODE_PARAMETERS.has(name.toLowerCase()) && tls === undefined)
      return { problem: `has an unknown ${name}; possible are ${TLS_MODES.join(', ')}` };
  }
  const given = (text: string) => (text === '' ? undefined : text);
  return {
    address: {
      host: socket ?? given(host.replace(/^\[(.*)\]$/, '$1')),
      port: parsed.port === '' ? undefined : Number(parsed.port),
      database: given(database),
      user: given(user),
      password: given(password),
      tls,
    },
  };
}

function decodeAll(texts: readonly string[]): string[] | null {
  try {
    return texts.map(decodeURIComponent);
  } catch {
    return null;
  }
}

/** `shop on db.example:5432`: an address for messages, without the user and without secrets. */
export function addressLabel({ host, port, database }: ServerAddress): string {
  const where = `${host ?? 'localhost'}${port === undefined ? '' : `:${port}`}`;
  return database === undefined ? where : `${database} on ${where}`;
}
