/** Encryption between here and MariaDB, and whom it is trusted to be. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceConfigOf } from '../../engine/source-config.ts';
import type { SourceConnector } from '../../engine/sources/source.ts';
import { makeCertificates } from '../support/certificates.ts';
import { mariadbMissing, useMariadb, type MariadbDatabase } from '../support/mariadb.ts';

const skipped = mariadbMissing === null ? '' : ` (skipped: ${mariadbMissing})`;

describe.skipIf(mariadbMissing !== null)(`encryption of MariaDB${skipped}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-tls-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const { ca, otherCa, certificate, key } = makeCertificates(folder);
  const server = useMariadb([`--ssl-ca=${ca}`, `--ssl-cert=${certificate}`, `--ssl-key=${key}`]);

  let fixture: MariadbDatabase;
  let source: SourceConnector | null;
  beforeEach(async () => {
    fixture = await server.createDatabase();
    source = null;
  });
  afterEach(async () => {
    await source?.close();
    await fixture.dispose();
  });

  const open = async (settings: Partial<SourceConfigOf<'mariadb'>>): Promise<SourceConnector> =>
    (source = await fixture.open(settings));

  it.each([
    [{ tls: 'disable' as const }, false],
    [{}, true],
    [{ tls: 'require' as const }, true],
    [{ tls: 'require' as const, tlsCa: otherCa }, true],
    [{ tls: 'verify-ca' as const, tlsCa: ca }, true],
    [{ tls: 'verify-full' as const, tlsCa: ca, host: 'localhost' }, true],
  ])('is as %o asks', async (settings, encrypted) => {
    await fixture.exec('CREATE TABLE t (k int PRIMARY KEY, v text); INSERT INTO t VALUES (1, "x")');
    await open(settings);
    const reader = await source?.openReader({
      entityType: 't',
      keyColumns: ['k'],
      columns: ['v'],
      filter: `EXISTS (SELECT 1 FROM information_schema.SESSION_STATUS
        WHERE VARIABLE_NAME = 'SSL_CIPHER' AND VARIABLE_VALUE <> '')`,
    });
    expect(await reader?.count()).toBe(encrypted ? 1 : 0);
  });

  it.each([
    ['another name than the certificate has', { tls: 'verify-full' as const, tlsCa: ca }, /127\.0\.0\.1/],
    ['another authority', { tls: 'verify-ca' as const, tlsCa: otherCa }, /certificate/],
    ['an authority that nobody knows', { tls: 'verify-ca' as const }, /certificate/],
    [
      'another authority, though the name is right',
      { tls: 'verify-full' as const, tlsCa: otherCa, host: 'localhost' },
      /certificate/,
    ],
  ])('is refused where there is %s', async (_title, settings, message) => {
    await expect(open(settings)).rejects.toMatchObject({
      code: 'SOURCE_TLS_REFUSED',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('tlsCa'),
    });
  });

  it('is refused before the login, so that no password goes to another server', async () => {
    await expect(open({ tls: 'verify-full', tlsCa: ca, password: 'not-this-one' })).rejects.toMatchObject({
      code: 'SOURCE_TLS_REFUSED',
    });
  });

  it('is refused where tlsCa is no certificate', async () => {
    await expect(open({ tls: 'verify-ca', tlsCa: key })).rejects.toMatchObject({
      code: 'SOURCE_TLS_REFUSED',
    });
  });
});
