import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/support/summary-reporter.ts';

// As bin/plumbline.mjs does: compiled code is kept, or every engine's threads would compile theirs again. Set before the
// test processes start, which is when Node reads it.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
  new URL('node_modules/.cache/plumbline/', import.meta.url),
);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native modules and worker threads: a process per file, and no more at once than there are cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ['default', new SummaryReporter()],
    env: {
      // Tests reach nothing but this machine; ONNX Runtime would report their runs to its maker.
      ORT_DISABLE_TELEMETRY: '1',
      // Nor what whoever runs them has opened lately.
      PLUMBLINE_HOME: join(tmpdir(), 'plumbline-test-home'),
    },
  },
});
