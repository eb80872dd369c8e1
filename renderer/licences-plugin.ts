/**
 * Lists, while the page is built, whose work it and the engine contain, with their licences: `licences.json` beside the page.
 * Made from what is bundled and from what is installed, so that it can neither forget a package nor name one too many.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

export interface LicencedPackage {
  readonly name: string;
  readonly version: string;
  /** As the package calls it, e.g. `MIT`. */
  readonly licence: string;
  readonly usedIn: readonly ('page' | 'engine')[];
  /** Index in `texts`; null where the package brings none. */
  readonly text: number | null;
}

export interface Licences {
  readonly packages: readonly LicencedPackage[];
  /** Each once, however many packages have it. */
  readonly texts: readonly string[];
}

/** @param root the project's folder. */
export function licences(root: string): Plugin {
  return {
    name: 'plumbline:licences',
    generateBundle() {
      const page = [...this.getModuleIds()].flatMap((id) => packageOf(id) ?? []);
      const list = collect(root, new Set(page), new Set(installed(root)));
      this.emitFile({ type: 'asset', fileName: 'licences.json', source: JSON.stringify(list) });
    },
  };
}

/** `node_modules/@scope/name`, from the last one on: packages may lie in packages. */
function packageOf(id: string): string | null {
  const [, folder] =
    /^.*?(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)/.exec(id.replaceAll('\\', '/')) ?? [];
  return folder ?? null;
}

/** What the engine needs to run, as the lock file has it and as far as this platform installs it. */
function installed(root: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
  };
  return Object.entries(packages)
    .filter(([folder, { dev, devOptional }]) => folder !== '' && dev !== true && devOptional !== true)
    .map(([folder]) => folder)
    .filter((folder) => existsSync(join(root, folder, 'package.json')));
}

function collect(root: string, page: ReadonlySet<string>, engine: ReadonlySet<string>): Licences {
  const texts: string[] = [];
  const packages = [...new Set([...page, ...engine])].map((folder): LicencedPackage => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    ) as {
      readonly name: string;
      readonly version: string;
      readonly license?: string;
    };
    const text = licenceText(join(root, folder));
    if (text !== null && !texts.includes(text)) texts.push(text);
    return {
      name,
      version,
      licence: license ?? 'see its text',
      usedIn: [
        ...(page.has(folder) ? (['page'] as const) : []),
        ...(engine.has(folder) ? (['engine'] as const) : []),
      ],
      text: text === null ? null : texts.indexOf(text),
    };
  });
  return { packages: packages.toSorted((a, b) => (a.name < b.name ? -1 : 1)), texts };
}

function licenceText(folder: string): string | null {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name));
  return file === undefined ? null : readFileSync(join(folder, file), 'utf8').trim();
}
