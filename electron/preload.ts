/**
 * The only thing that the page sees of Electron: one frozen object. Runs sandboxed; it forwards, and the main process
 * checks.
 */
import { contextBridge, ipcRenderer } from 'electron';
import type { PlumblineBridge } from './bridge.ts';
import { channelOf, type BridgeCall } from './channels.ts';

const ask =
  (call: BridgeCall) =>
  (...args: unknown[]): Promise<never> =>
    ipcRenderer.invoke(channelOf(call), ...args) as Promise<never>;

const bridge = {
  platform: process.platform as PlumblineBridge['platform'],
  pickFile: ask('pickFile'),
  pickFolder: ask('pickFolder'),
  notify: ask('notify'),
  showInFolder: ask('showInFolder'),
  secretNames: ask('secretNames'),
  saveSecret: ask('saveSecret'),
  removeSecret: ask('removeSecret'),
} satisfies PlumblineBridge;

contextBridge.exposeInMainWorld('plumbline', Object.freeze(bridge));
