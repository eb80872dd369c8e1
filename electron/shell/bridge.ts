/** Answers the page's calls over the bridge: who asks is checked first, then what. */
import { dialog, ipcMain, Notification, shell, type BrowserWindow, type IpcMainInvokeEvent } from 'electron';
import { PlumblineError, toErrorData } from '../../engine/errors.ts';
import type { BridgeAnswer, PickOptions, PlumblineBridge } from '../bridge.ts';
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

type Handlers = {
  readonly [N in BridgeCall]: (...args: RequestArguments<N>) => ReturnType<PlumblineBridge[N]>;
};

export function answerBridge(options: BridgeOptions): void {
  const { secrets } = options;
  const tellEngine = async (): Promise<null> => {
    await options.onSecretsChanged();
    return null;
  };
  const handlers = {
    pickFile: (pick) => choose(options.window(), pick, 'openFile'),
    pickFolder: (pick) => choose(options.window(), pick, 'openDirectory'),
    async notify(notification) {
      if (options.window()?.isFocused() === true || !Notification.isSupported()) return;
      const shown = new Notification(notification);
      shown.once('click', () => options.window()?.show());
      shown.show();
    },
    async showInFolder(path) {
      shell.showItemInFolder(path);
    },
    secretNames: () => answer(() => secrets.names()),
    saveSecret: (name, value) =>
      answer(async () => {
        await secrets.save(name, value);
        return tellEngine();
      }),
    removeSecret: (name) =>
      answer(() => {
        secrets.remove(name);
        return tellEngine();
      }),
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

async function answer<T>(work: () => T | Promise<T>): Promise<BridgeAnswer<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: toErrorData(error) };
  }
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
