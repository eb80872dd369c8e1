/** Certificates that servers of tests are started with, made by openssl. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  /** Of the authority that signed the server's. */
  readonly ca: string;
  /** Of another authority, which nobody asked to sign anything. */
  readonly otherCa: string;
  /** The server's, for `localhost`. */
  readonly certificate: string;
  readonly key: string;
}

/** In files of `folder`. */
export function makeCertificates(folder: string): Certificates {
  const path = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'rsa:2048', '-nodes'];
  const authority = (name: string) => {
    const subject = `/CN=${name}`;
    const out = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    openssl('req', '-x509', ...newKey, ...out, '-subj', subject, '-days', '2');
    return path(`${name}.pem`);
  };
  const ca = authority('authority');
  const otherCa = authority('other');
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  writeFileSync(path('names'), 'subjectAltName=DNS:localhost');
  const signer = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial'];
  const signed = ['-in', 'server.csr', '-out', 'server.pem', '-days', '2', '-extfile', 'names'];
  openssl('x509', '-req', ...signer, ...signed);
  return { ca, otherCa, certificate: path('server.pem'), key: path('server.key') };
}
