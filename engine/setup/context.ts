/** What the operations of the setup contract work with: the server that may have a workspace open, and how to change that. */
import type { Engine, WorkerUrls } from '../engine.ts';
import { PlumblineError } from '../errors.ts';
import type { HomePaths } from '../home.ts';
import type { ModelRegistry } from '../models.ts';
import type { Downloads } from './downloads.ts';

export interface SetupContext {
  readonly home: HomePaths;
  readonly workers: WorkerUrls;
  /** Where relative paths start. */
  readonly startFolder: string;
  /** Of the open workspace; null where none is open. */
  readonly engine: Engine | null;
  /** Of the open workspace. */
  readonly downloads: Downloads | null;
  /** The server was started for one workspace: others cannot be opened in it. */
  readonly isPinned: boolean;
  /** Models that are on this machine without a workspace. */
  readonly models: ModelRegistry;
  /** Speeds that were measured since the server was started: texts of 100 tokens a second and core, by the model's folder. */
  readonly speeds: Map<string, number>;
  /** @throws PlumblineError what would stand against opening another workspace: `WORKSPACE_PINNED`, `JOBS_RUNNING`. */
  checkCanLeave(interrupt: boolean): void;
  /**
   * Opens a workspace in the place of the one that is open, which is brought to a safe point and closed. That one stays where
   * the new one cannot be opened.
   * @throws PlumblineError as {@link checkCanLeave}; `WORKSPACE_NOT_FOUND`, `WORKSPACE_LOCKED`, `CONFIG_INVALID`, those of the
   * catalog.
   */
  open(folder: string, interrupt: boolean): Promise<void>;
  /** @throws PlumblineError `WORKSPACE_PINNED`, `JOBS_RUNNING`. */
  close(interrupt: boolean): Promise<void>;
  /** A new token for the server, and for the workspace that is open. Whoever holds the former one is out at once. */
  renewToken(): string;
}

/** @throws PlumblineError `NO_WORKSPACE`. */
export function openEngine({ engine }: SetupContext): Engine {
  if (engine !== null) return engine;
  throw noWorkspace();
}

export const noWorkspace = (): PlumblineError =>
  new PlumblineError('NO_WORKSPACE', 'no workspace is open', {
    hint: 'Open one or make one first: `POST /workspaces/open` and `/workspaces/create`, or the page’s Welcome.',
  });
