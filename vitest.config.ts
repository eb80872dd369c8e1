import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/support/summary-reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native modules and worker threads: a process per file, and no more at once than there are cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new SummaryReporter()],
    // Tests reach nothing but this machine; ONNX Runtime would report their runs to its maker.
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
});
