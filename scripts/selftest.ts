/** `npm run selftest`: one JSON line, exit code 0 or 1. The packaged app has the same under `--selftest`. */
import { fileURLToPath } from 'node:url';
import { selftest } from '../engine/doors/selftest.ts';
import { workerUrls } from '../workers/urls.ts';

const builtinModel = fileURLToPath(new URL('../models/builtin/', import.meta.url));
const report = await selftest({ workers: workerUrls, builtinModel });
console.log(JSON.stringify(report));
process.exitCode = report.ok ? 0 : 1;
