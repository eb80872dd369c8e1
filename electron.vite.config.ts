/**
 * What is shipped: engine, workers, command line and desktop, built file by file into `dist`, in the folders they have as
 * sources, so that every file finds its neighbours as it does in development. Packages of node_modules stay outside. The
 * page has its own configuration (`renderer/vite.config.ts`).
 */
import { rmSync } from 'node:fs';
import { defineConfig } from 'electron-vite';

const OUT = 'dist';

export default defineConfig({
  main: {
    plugins: [
      {
        name: 'plumbline:empty',
        // Of what this build writes; the page beside it stays, and with it whoever is being served.
        buildStart: () => {
          for (const folder of ['electron', 'engine', 'workers'])
            rmSync(`${OUT}/${folder}`, { recursive: true, force: true });
        },
      },
    ],
    build: {
      outDir: OUT,
      emptyOutDir: false,
      rolldownOptions: {
        input: [
          'electron/main.ts',
          'electron/engine.ts',
          'engine/doors/cli/main.ts',
          'workers/urls.ts',
          'workers/embed.ts',
          'workers/source.ts',
          'workers/vectors.ts',
        ],
        output: { preserveModules: true, preserveModulesRoot: '.', entryFileNames: '[name].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: `${OUT}/electron`,
      emptyOutDir: false,
      rolldownOptions: {
        input: 'electron/preload.ts',
        // A sandboxed preload is one file, and no module.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
});
