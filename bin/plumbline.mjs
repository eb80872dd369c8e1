#!/usr/bin/env node
// Plain JavaScript that every Node can parse, so that an old one gets one clear line instead of a syntax error.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const NEEDED = 24;
if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error(
    `plumbline needs Node ${NEEDED} or later; this is ${process.versions.node}. ` +
      'In the repository, `npm run -s plumbline -- <verb>` brings its own.',
  );
  process.exit(2);
}

// V8 lets the space for young objects grow to 100 MB and more per thread while rows stream through, and the rest by half
// before it collects; and keeps both. Rows die young whatever their room, so memory would grow with the data for nothing:
// bench/scale.ts measures it. Has to come before the threads start.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=20');

// Halves the time to start, because compiled code is kept; threads look for it in their environment. Where the folder cannot be
// written nothing is kept.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(
  new URL('../node_modules/.cache/plumbline/', import.meta.url),
);
module.enableCompileCache?.();

const built = new URL('../dist/engine/doors/cli/main.js', import.meta.url);
const source = new URL('../engine/doors/cli/main.ts', import.meta.url);
const fromSource = existsSync(source);
const { main } = await import((fromSource ? source : built).href);
const { workerUrls } = await import(
  new URL(fromSource ? '../workers/urls.ts' : '../dist/workers/urls.js', import.meta.url).href
);

process.exitCode = await main({
  args: process.argv.slice(2),
  workers: workerUrls,
  builtinModel: new URL('../models/builtin/', import.meta.url),
  page: new URL('../dist/page/', import.meta.url),
});
