/** Answers the page's calls over the bridge: who asks is checked first, then what. */
import { dialog, ipcMain, Notification, shell, type BrowserWindow, type IpcMainInvokeEvent } from 'electron';
import { PlumblineError } from '../../engine/errors.ts';
import type { PickOptions } from '../bridge.ts';
import { channelOf, type BridgeCall } from '../channels.ts';
import { isTrusted } from '../policy/origin.ts';
import { requestSchemas, type RequestArguments } from '../requests.ts';
import type { SecretStore } from '../secret-store.ts';

export interface BridgeOptions {
  readonly window: () => BrowserWindow | null;
  readonly engineUrl: () => string | null;
  readonly secrets: SecretStore;
  readonly onSecretsChanged: () => Promise<void>;
}

type Handlers = { readonly [N in BridgeCall]: (...args: RequestArguments<N>) => unknown };

export function answerBridge(options: BridgeOptions): void {
  const { secrets } = options;
  const handlers = {
    pickFile: (pick) => choose(options.window(), pick, 'openFile'),
    pickFolder: (pick) => choose(options.window(), pick, 'openDirectory'),
    notify(notification) {
      if (options.window()?.isFocused() !== true && Notification.isSupported())
        new Notification(notification).show();
    },
    showInFolder: (path) => shell.showItemInFolder(path),
    secretNames: () => secrets.names(),
    async saveSecret(name, value) {
      await secrets.save(name, value);
      await options.onSecretsChanged();
    },
    async removeSecret(name) {
      secrets.remove(name);
      await options.onSecretsChanged();
    },
  } satisfies Handlers;
  for (const call of Object.keys(handlers) as BridgeCall[]) {
    const handle = handlers[call] as (...args: unknown[]) => unknown;
    ipcMain.handle(channelOf(call), (event, ...args: unknown[]) => {
      if (!isTrustedEvent(event, options)) throw new PlumblineError('SENDER_UNKNOWN', 'who asks is unknown');
      return handle(...requestSchemas[call].parse(args));
    });
  }
}

function isTrustedEvent({ sender, senderFrame }: IpcMainInvokeEvent, options: BridgeOptions): boolean {
  return isTrusted(
    {
      url: senderFrame?.url ?? '',
      isTopFrame: senderFrame !== null && senderFrame.parent === null,
      isOwnWindow: sender === options.window()?.webContents,
    },
    options.engineUrl(),
  );
}

async function choose(
  window: BrowserWindow | null,
  { title, folder, filters }: PickOptions,
  kind: 'openFile' | 'openDirectory',
): Promise<string | null> {
  if (window === null) return null;
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    properties: kind === 'openFile' ? ['openFile'] : ['openDirectory', 'createDirectory'],
    ...(title === undefined ? {} : { title }),
    ...(folder === undefined ? {} : { defaultPath: folder }),
    ...(filters === undefined
      ? {}
      : { filters: filters.map(({ name, extensions }) => ({ name, extensions: [...extensions] })) }),
  });
  return canceled ? null : (filePaths[0] ?? null);
}
