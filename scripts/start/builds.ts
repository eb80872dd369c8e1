/** What `npm start` builds where it has to, and how it sees that. */

export interface Build {
  readonly what: string;
  /** A file that every build writes, last. */
  readonly built: string;
  /** Glob patterns of what goes into it. */
  readonly sources: readonly string[];
  /** Of package.json. */
  readonly script: string;
}

export const PAGE: Build = {
  what: 'the page',
  built: 'dist/page/index.html',
  sources: ['renderer/**', 'engine/*.ts', 'engine/doors/client/**', 'package-lock.json'],
  script: 'build:page',
};

export const DESKTOP: Build = {
  what: 'the desktop',
  built: 'dist/electron/preload.cjs',
  sources: ['electron/**', 'engine/**', 'workers/**', 'electron.vite.config.ts', 'package-lock.json'],
  script: 'build:desktop',
};
