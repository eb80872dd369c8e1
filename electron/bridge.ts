/**
 * What the page can ask of the desktop, as `window.plumbline`; a page in a browser has none. Types alone, so that the
 * renderer may import it. Everything else goes over REST, in a window as in a browser.
 */
import type { ErrorData } from '../engine/errors.ts';

export interface FileFilter {
  readonly name: string;
  /** Without a dot: `sqlite`, `db`; `*` for all. */
  readonly extensions: readonly string[];
}

export interface PickOptions {
  readonly title?: string | undefined;
  /** Where the dialog begins. */
  readonly folder?: string | undefined;
  /** For files; default: all. */
  readonly filters?: readonly FileFilter[] | undefined;
}

/** An answer that says what went wrong: errors that are thrown lose everything but their message on the way to the page. */
export type BridgeAnswer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorData };

export interface PlumblineBridge {
  readonly platform: 'darwin' | 'linux' | 'win32';
  /** The path of a file, null where the person chose none. */
  pickFile(options?: PickOptions): Promise<string | null>;
  pickFolder(options?: PickOptions): Promise<string | null>;
  /** Shows a notification of the system, unless the person is looking at the window anyway. */
  notify(notification: { readonly title: string; readonly body: string }): Promise<void>;
  /** Shows a file or folder in the system's file manager. */
  showInFolder(path: string): Promise<void>;
  /** The names of stored secrets, which fill `${NAME}` in plumbline.yaml. Values never come back to a page. */
  secretNames(): Promise<BridgeAnswer<readonly string[]>>;
  /** `SECRET_NAME_INVALID`; `SECRETS_UNAVAILABLE` where the system cannot keep secrets, with what to do instead. */
  saveSecret(name: string, value: string): Promise<BridgeAnswer<null>>;
  removeSecret(name: string): Promise<BridgeAnswer<null>>;
}
