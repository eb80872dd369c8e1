/** The documentation is complete and does not lie: verbs, options, configuration keys, links. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../engine/config.ts';
import { driftClasses, operations } from '../../engine/contract.ts';
import { program } from '../../engine/doors/cli/main.ts';
import { Session } from '../../engine/doors/cli/session.ts';
import { Terminal } from '../../engine/doors/cli/terminal.ts';
import { EXIT } from '../../engine/errors.ts';
import { sourceKeys } from '../../engine/source-config.ts';
import { workerUrls } from '../../workers/urls.ts';
import { builtinModel } from '../support/workspace.ts';

const commandLine = program(
  new Session({
    terminal: new Terminal(process.stdout, process.stderr, 'plumbline'),
    workers: workerUrls,
    builtinModel,
    signal: new AbortController().signal,
    startFolder: '.',
    version: '0.0.0-test',
    page: null,
  }),
);

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('docs/cli.md', () => {
  const text = read('docs/cli.md');
  const verbs: string[] = [];

  beforeAll(() => {
    verbs.push(...verbsOf(help()));
  });

  it('is compared with what the help lists', () => {
    expect(verbs).toEqual(expect.arrayContaining(['init', 'index', 'validate', 'search']));
  });

  it('has a section with an example for every verb, and for no other', () => {
    const sections = [...text.matchAll(/^### ([\w-]+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(verbs);
    for (const verb of verbs) expect(sectionOf(text, verb), verb).toContain(`$ plumbline ${verb}`);
  });

  it('lists every verb in the table of outputs', () => {
    for (const verb of verbs) expect(text).toContain(`| [\`${verb}\`](#${verb}) |`);
  });

  it('covers every operation of the contract', () => {
    const named = Object.keys(operations).map((name) =>
      name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    );
    expect(verbs).toEqual(expect.arrayContaining(named));
  });

  it('documents every option of every verb, and no other', () => {
    for (const verb of verbs) {
      const documented = [...sectionOf(text, verb).matchAll(/^\| `(-[^`\s]*)/gm)].map(([, name]) => name);
      expect(documented, verb).toEqual(optionsOf(help(verb)));
    }
    for (const option of optionsOf(help()).filter((name) => name !== '--version')) {
      expect(text.slice(0, text.indexOf('## Exit codes'))).toContain(option);
    }
  });

  it('explains every exit code', () => {
    const codes = [...text.matchAll(/^\| (\d) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
  });
});

describe('docs/configuration.md', () => {
  const text = read('docs/configuration.md');

  it('documents every key of the schema, and no other', () => {
    const documented = [...text.matchAll(/^\| `([\w.*]+)` \|/gm)].map(([, key]) => key ?? '');
    const leaves = new Set(documented.flatMap((key) => key.split('.').filter((part) => part !== '*')));
    expect(leaves).toEqual(new Set(schemaKeys()));
  });

  it('shows configurations that are valid', () => {
    const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml ?? '');
    expect(examples.length).toBeGreaterThan(0);
    for (const yaml of examples) expect(() => parseConfig(yaml, 'example.yaml', {})).not.toThrow();
  });
});

describe('docs/drift.md', () => {
  it('explains every class, in order of precedence', () => {
    const rows = [...read('docs/drift.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(driftClasses);
  });
});

describe('links', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'models/builtin/README.md', ...docs()];

  it.each(pages)('of %s lead somewhere', (page) => {
    const dead = linksOf(read(page)).filter((link) => !leadsSomewhere(page, link));
    expect(dead).toEqual([]);
  });

  it('reach every page of docs from the README', () => {
    const linked = linksOf(read('README.md')).map((link) => link.replace(/#.*/, ''));
    expect(linked).toEqual(expect.arrayContaining(docs()));
  });
});

describe('commands of the README', () => {
  it('are scripts of package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const used = [
      ...read('README.md').matchAll(/npm run (?:-s )?([\w:]+)/g),
      ...read('CONTRIBUTING.md').matchAll(/npm run (?:-s )?([\w:]+)/g),
    ].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(0);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(used));
  });

  it('are what .ci/run runs', () => {
    expect(read('README.md')).toContain('npm ci && npm run test:all');
    expect(read('.ci/run')).toMatch(/npm ci\n+npm run test:all\n/);
  });
});

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function docs(): string[] {
  return readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
}

/** What `--help` says, as a person sees it. */
function help(verb?: string): string {
  const command = verb === undefined ? commandLine : commandLine.commands.find((it) => it.name() === verb);
  if (command === undefined) throw new Error(`there is no verb ${verb}`);
  return command.helpInformation();
}

/** The verbs that the general help lists, in its order. */
function verbsOf(text: string): string[] {
  const commands = /^Commands:\n((?: {2}.*\n)+)/m.exec(text)?.[1] ?? '';
  return [...commands.matchAll(/^ {2}([a-z][\w-]*)/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'help');
}

/** The long names (short where there is no long one) of the options that a help text lists, without --help. */
function optionsOf(text: string): string[] {
  const options = [...text.matchAll(/^ {2}(?:-\w, )?(--?[\w-]+)/gm)].map(([, name]) => name ?? '');
  return options.filter((name) => name !== '--help');
}

function sectionOf(text: string, verb: string): string {
  const heading = `### ${verb}\n`;
  const [section = ''] = (text.split(heading)[1] ?? '').split(/^#/m);
  return section;
}

/** The keys that engine/config.ts declares, read from its text: zod does not give away a schema that is not exported. */
function schemaKeys(): string[] {
  const schemas = read('engine/config.ts').split('export type Config ')[0] ?? '';
  const keys = [...schemas.matchAll(/^\s+(\w+): (?:z\b|\w+Schema\b)/gm)].map(([, key]) => key ?? '');
  return [...keys, ...sourceKeys(undefined)];
}

/** Relative links, outside of code. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '``');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target ?? '')
    .filter((target) => !/^[a-z]+:/.test(target));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(read(target)).includes(anchor);
}

/** As GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    (title ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
