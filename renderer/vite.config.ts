/** The page: built into `dist/page`, served by the engine's own server. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { licences } from './licences-plugin.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root,
  // Addresses relative to the page: it does not matter below which path it is served.
  base: './',
  plugins: [react(), licences(fileURLToPath(new URL('..', import.meta.url)))],
  build: {
    outDir: fileURLToPath(new URL('../dist/page', import.meta.url)),
    emptyOutDir: true,
    // As in the Electron that the desktop ships, and the browsers of its time.
    target: 'es2024',
    // The first that know light-dark(): written for older ones, it would follow the system's theme instead of the chosen one.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    sourcemap: false,
  },
});
