/** The folder says where code runs and what it may know: imports go one way (docs/architecture.md, "Import rules"). */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Layers from the bottom up; a file may import from layers below its own and from its own group. Groups of one layer
 * never see each other. A path that ends in a slash is a folder with all below it; `engine/*` the files that lie in it.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['engine/*'],
  ['engine/sample/'],
  ['engine/catalog/', 'engine/sources/', 'engine/vectors/', 'engine/embed/'],
  ['engine/jobs/'],
  ['engine/workspace.ts', 'engine/models.ts', 'engine/source-connection.ts'],
  ['engine/engine.ts'],
  ['engine/operations/'],
  ['engine/setup/'],
  ['engine/doors/'],
  ['workers/'],
  ['electron/'],
];

/** What the page may know of the engine: contracts, routes, clients, and files that are pure and run in a browser. */
const FOR_THE_PAGE = [
  /^engine\/(setup-)?(contract|routes)\.ts$/,
  /^engine\/(drift-export|errors|json|policy|shell-word|template-syntax)\.ts$/,
  /^engine\/doors\/client\//,
  // Types of what the desktop's preload offers.
  /^electron\/bridge\.ts$/,
];

/** What the desktop may know of the engine: its doors, pure files, and where the workers are. */
const FOR_THE_DESKTOP = /^(electron\/|engine\/[^/]+\.ts$|engine\/doors\/|workers\/urls\.ts$)/;
/** The main process shares its thread with every window: it loads nothing native, and nothing large. */
const PACKAGES_OF_MAIN = ['electron', 'zod'];

/** What no file of the engine may import: its shells know it, not the other way round. */
const FOREIGN_PACKAGES = /^(electron|react|react-dom)(\/|$)/;
/** The engine answers and throws; who speaks to the person, and who ends the process, is the doors' business. */
const DOOR_ONLY = /\bconsole\.|\bprocess\.(exit\(|exitCode|stdout|stderr)/;

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** Path to text. */
type Sources = ReadonlyMap<string, string>;

describe('imports', () => {
  const sources = readSources();

  it('go one way', () => {
    expect(layerViolations(sources)).toEqual([]);
  });

  it('form no cycle', () => {
    expect(cycles(sources)).toEqual([]);
  });

  it('of the contract are zod, and types', () => {
    const loaded = reachable(sources, ['engine/contract.ts']);
    expect(loaded).toEqual(['engine/contract.ts', 'engine/contract-shapes.ts']);
    expect(packagesOf(sources, loaded)).toEqual(['zod']);
  });

  it('of the client run in a browser: contract, routes, pure files and zod', () => {
    const reached = reachable(
      sources,
      [...sources.keys()].filter((path) => path.startsWith('engine/doors/client/')),
    );
    const others = reached.filter((path) => !path.startsWith('engine/doors/client/'));
    expect(others.toSorted()).toEqual([
      'engine/contract-shapes.ts',
      'engine/contract.ts',
      'engine/errors.ts',
      'engine/json.ts',
      'engine/routes.ts',
      'engine/setup-contract.ts',
      'engine/setup-routes.ts',
    ]);
    expect(packagesOf(sources, reached)).toEqual(['zod']);
  });

  it('of the page are contracts, routes, clients and pure files', () => {
    const page = readFolders(['renderer']);
    expect(page.size).toBeGreaterThan(30);
    const beyond = [...page].flatMap(([path, text]) =>
      importsOf(text)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => posix.join(posix.dirname(path), specifier))
        .filter(
          (target) => /^(?!renderer\/).*\.tsx?$/.test(target) && !FOR_THE_PAGE.some((it) => it.test(target)),
        )
        .map((target) => `${path} imports ${target}`),
    );
    expect(beyond).toEqual([]);
    expect(cycles(page)).toEqual([]);
  });

  it('of the desktop are doors and pure files', () => {
    const beyond = [...sources.keys()]
      .filter((path) => path.startsWith('electron/'))
      .flatMap((path) => importedFiles(sources, path).filter((target) => !FOR_THE_DESKTOP.test(target)));
    expect(beyond).toEqual([]);
  });

  it('of the main process are nothing native', () => {
    const reached = reachable(sources, ['electron/main.ts']);
    expect(reached.length).toBeGreaterThan(15);
    expect(packagesOf(sources, reached)).toEqual(PACKAGES_OF_MAIN);
  });

  it('of the preload are Electron and names', () => {
    const reached = reachable(sources, ['electron/preload.ts']);
    expect(reached).toEqual(['electron/preload.ts', 'electron/channels.ts']);
    expect(packagesOf(sources, reached)).toEqual(['electron']);
  });

  it('of what the desktop decides name no Electron', () => {
    const shell = ['electron/main.ts', 'electron/preload.ts'];
    const others = [...sources.keys()].filter(
      (path) => path.startsWith('electron/') && !path.startsWith('electron/shell/') && !shell.includes(path),
    );
    expect(others.length).toBeGreaterThan(10);
    expect(others.filter((path) => packagesOf(sources, [path]).includes('electron'))).toEqual([]);
  });

  it('of the engine name no shell', () => {
    const engine = [...sources].filter(([path]) => !path.startsWith('electron/'));
    const foreign = engine.flatMap(([path, text]) =>
      importsOf(text)
        .filter(({ specifier }) => FOREIGN_PACKAGES.test(specifier))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
    expect(foreign).toEqual([]);
  });

  it('leave speaking and exiting to the doors', () => {
    const speaking = [...sources]
      .filter(([path]) => path.startsWith('engine/') && !path.startsWith('engine/doors/'))
      .filter(([, text]) => DOOR_ONLY.test(withoutComments(text)))
      .map(([path]) => path);
    expect(speaking).toEqual([]);
  });
});

describe('the rules themselves', () => {
  const violations = (...files: [string, string][]) => layerViolations(new Map(files));

  it('find a part that knows another part', () => {
    expect(
      violations(
        ['engine/catalog/a.ts', `import type { B } from '../vectors/b.ts';`],
        ['engine/vectors/b.ts', ''],
      ),
    ).toEqual(['engine/catalog/a.ts imports engine/vectors/b.ts']);
  });

  it('find an engine that knows its workers, also by URL and dynamic import', () => {
    expect(
      violations(
        ['engine/jobs/a.ts', `const url = new URL('../../workers/b.ts', import.meta.url);`],
        ['engine/engine.ts', `await import('../workers/b.ts');`],
        ['workers/b.ts', ''],
      ),
    ).toEqual(['engine/jobs/a.ts imports workers/b.ts', 'engine/engine.ts imports workers/b.ts']);
  });

  it('find what climbs a layer, and read statements over several lines', () => {
    expect(
      violations(
        ['engine/key.ts', `export {\n  a,\n  b,\n} from './jobs/c.ts';`],
        ['engine/jobs/c.ts', `import './d.ts';`],
        ['engine/jobs/d.ts', ''],
      ),
    ).toEqual(['engine/key.ts imports engine/jobs/c.ts']);
  });

  it('find a folder that nobody gave a place', () => {
    expect(() => violations(['engine/new/a.ts', `import './b.ts';`])).toThrow('in no layer');
  });

  it('find cycles', () => {
    const files: [string, string][] = [
      ['engine/a.ts', `import { b } from './b.ts';`],
      ['engine/b.ts', `import type { A } from './a.ts';`],
    ];
    expect(cycles(new Map(files))).toEqual([['engine/a.ts', 'engine/b.ts', 'engine/a.ts']]);
  });
});

function readSources(): Sources {
  const sources = readFolders(['engine', 'workers', 'electron']);
  expect(sources.size).toBeGreaterThan(50);
  return sources;
}

function readFolders(folders: readonly string[]): Sources {
  const paths = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return new Map(
    paths.map((path) => [path.slice(ROOT.length).replaceAll('\\', '/'), readFileSync(path, 'utf8')]),
  );
}

function textOf(sources: Sources, path: string): string {
  const text = sources.get(path);
  if (text === undefined) throw new Error(`${path} is gone`);
  return text;
}

/** Static and dynamic imports, re-exports, and files named by URL. Good enough for formatted code. */
function importsOf(text: string): Import[] {
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[\w*{][^;'"]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'|new URL\(\s*'([^']+)',\s*import\.meta/gm,
  );
  return [...statements].map(([, type, from, dynamic, url]) => ({
    specifier: from ?? dynamic ?? url ?? '',
    typeOnly: type !== undefined,
  }));
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

/** These files and all that they load; types load nothing. */
function reachable(sources: Sources, paths: readonly string[]): string[] {
  const found = new Set(paths);
  for (const path of found) {
    for (const { specifier, typeOnly } of importsOf(textOf(sources, path)))
      if (specifier.startsWith('.') && !typeOnly) found.add(posix.join(posix.dirname(path), specifier));
  }
  return [...found];
}

/** The packages that files load, without Node's own. */
function packagesOf(sources: Sources, paths: readonly string[]): string[] {
  const loaded = paths.flatMap((path) =>
    importsOf(textOf(sources, path))
      .filter(({ specifier, typeOnly }) => !typeOnly && !/^(\.|node:)/.test(specifier))
      .map(({ specifier }) => specifier),
  );
  return [...new Set(loaded)].sort();
}

/** The files of the project that a file imports, types included. */
function importedFiles(sources: Sources, path: string): string[] {
  return importsOf(textOf(sources, path))
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => posix.join(posix.dirname(path), specifier))
    .filter((target) => /^(engine|workers|electron|renderer)\//.test(target));
}

function layerViolations(sources: Sources): string[] {
  return [...sources.keys()].flatMap((path) =>
    importedFiles(sources, path)
      .filter((target) => !isAllowed(placeOf(path), placeOf(target)))
      .map((target) => `${path} imports ${target}`),
  );
}

function isAllowed(from: Place, to: Place): boolean {
  return to.layer < from.layer || to.group === from.group;
}

interface Place {
  readonly layer: number;
  readonly group: string;
}

function placeOf(path: string): Place {
  const places = LAYERS.flatMap((groups, layer) => groups.map((group) => ({ layer, group })));
  const folder = `${posix.dirname(path)}/*`;
  const place =
    places.find(({ group }) => group === path || (group.endsWith('/') && path.startsWith(group))) ??
    places.find(({ group }) => group === folder);
  if (place === undefined) throw new Error(`${path} is in no layer: add its folder to LAYERS`);
  return place;
}

function cycles(sources: Sources): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path]);
      return;
    }
    if (done.has(path) || !sources.has(path)) return;
    for (const target of importedFiles(sources, path)) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return found;
}
