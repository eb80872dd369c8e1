/**
 * Packages of the desktop: the configuration against electron-builder's own schema and against what lies here, and a package
 * made of it. Electron's binary is the one thing that is stood in for: it is copied into a package, never looked into.
 */
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { extractAll, listPackage } from '@electron/asar';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { selftestSchema } from '../../engine/doors/selftest-report.ts';
import { buildDesktop, ROOT } from '../support/built-desktop.ts';
import { temporaryFolder } from '../support/workspace.ts';

const run = promisify(execFile);

interface BuilderConfig {
  readonly files: readonly string[];
  readonly asarUnpack: readonly string[];
  readonly extraResources: readonly { readonly from: string }[];
  readonly mac: { readonly entitlements: string };
}
const config = parse(readFileSync(join(ROOT, 'electron-builder.yml'), 'utf8')) as BuilderConfig;
/** As electron-builder expands them for a package of this machine. */
const here = (pattern: string): string =>
  pattern.replaceAll('${platform}', process.platform).replaceAll('${arch}', process.arch);

describe('electron-builder.yml', () => {
  it('fits the schema of electron-builder', () => {
    const schema = JSON.parse(
      readFileSync(join(ROOT, 'node_modules/app-builder-lib/scheme.json'), 'utf8'),
    ) as Record<string, unknown>;
    const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
    expect(validate(config) || validate.errors).toBe(true);
    expect(validate({ ...config, asarUnpacked: [] })).toBe(false);
  });

  it.each([...config.files, ...config.asarUnpack].filter((pattern) => !pattern.startsWith('dist/')))(
    'means something by %s',
    (pattern) => {
      const matches = globSync(here(pattern).replace(/^!/, ''), { cwd: ROOT });
      expect(matches.length).toBeGreaterThan(0);
    },
  );

  it('names files that are there', () => {
    const named = [
      config.mac.entitlements,
      'build/icon.png',
      ...config.extraResources.map(({ from }) => from),
    ];
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

const reason = process.platform === 'linux' ? '' : ' (skipped: the stand-in for Electron is one for Linux)';

describe.skipIf(reason !== '')(`a package${reason}`, () => {
  it(
    'has what the app needs for this machine and nothing for others, and works',
    { timeout: 180_000 },
    async () => {
      await buildDesktop();
      const output = temporaryFolder();
      const builder = join(ROOT, 'node_modules/electron-builder/cli.js');
      const options = [`-c.electronDist=${standIn()}`, `-c.directories.output=${output}`];
      const packing = run(process.execPath, [builder, '--dir', ...options], { cwd: ROOT });
      // It says on its standard output what went wrong.
      await packing.catch((error: { readonly stdout: string }) => expect.fail(error.stdout));
      const resources = join(output, 'linux-unpacked', 'resources');
      const packed = listPackage(join(resources, 'app.asar'), { isPack: false });
      const natives = packed.filter((path) => /\.(node|so|dll|dylib)(\.[\d.]+)?$/.test(path));
      expect(natives.some((path) => path.includes('better-sqlite3'))).toBe(true);
      expect(natives.some((path) => path.includes('hnswlib-node'))).toBe(true);
      expect(natives.some((path) => path.endsWith(`/linux/${process.arch}/libonnxruntime.so.1`))).toBe(true);
      expect(natives.filter((path) => /darwin|win32|musl|\.dll$|\.dylib$/.test(path))).toEqual([]);
      // What the operating system loads lies beside the archive.
      for (const path of natives)
        expect(existsSync(join(resources, 'app.asar.unpacked', path)), path).toBe(true);
      expect(packed).toEqual(
        expect.arrayContaining([
          '/package.json',
          '/dist/electron/main.js',
          '/dist/electron/engine.js',
          '/dist/electron/preload.cjs',
          '/dist/workers/embed.js',
          '/dist/page/index.html',
          '/build/icon.png',
          '/build/tray.png',
          '/build/trayTemplate.png',
        ]),
      );
      const folders = new Set(
        packed.map((path) =>
          path
            .split('/')
            .slice(1, path.startsWith('/dist/') ? 3 : 2)
            .join('/'),
        ),
      );
      expect([...folders].sort()).toEqual([
        'build',
        'dist',
        'dist/electron',
        'dist/engine',
        'dist/page',
        'dist/workers',
        'node_modules',
        'package.json',
      ]);

      const app = join(output, 'app');
      extractAll(join(resources, 'app.asar'), app);
      const report = await selftestOf(app, join(resources, 'models', 'builtin'));
      expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    },
  );
});

/** The files of an Electron that electron-builder touches: a program with the mark that its fuses are found by. */
function standIn(): string {
  const folder = temporaryFolder();
  const fuses = Buffer.concat([Buffer.from([1, 9]), Buffer.alloc(9, '1')]);
  writeFileSync(
    join(folder, 'electron'),
    Buffer.concat([Buffer.from('#!/bin/sh\n# dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'), fuses]),
    { mode: 0o755 },
  );
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'version', 'chrome-sandbox'])
    writeFileSync(join(folder, name), '');
  for (const name of ['locales', 'resources']) mkdirSync(join(folder, name));
  return folder;
}

/** By the files of the package alone: they lie where no other node_modules is above them. */
async function selftestOf(app: string, builtinModel: string) {
  const url = (path: string): string => JSON.stringify(pathToFileURL(join(app, path)).href);
  const code = `
    import { selftest } from ${url('dist/engine/doors/selftest.js')};
    import { workerUrls } from ${url('dist/workers/urls.js')};
    console.log(JSON.stringify(await selftest({ workers: workerUrls, builtinModel: ${JSON.stringify(builtinModel)} })));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: app });
  return selftestSchema.parse(JSON.parse(stdout));
}
