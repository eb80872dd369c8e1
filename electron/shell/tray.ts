/** The icon in the system's tray, with what the engine is at. */
import { Menu, nativeImage, Tray } from 'electron';
import type { Activity } from '../messages.ts';
import { activityText, IDLE } from '../policy/activity.ts';

export interface AppTray {
  show(activity: Activity): void;
}

export interface TrayOptions {
  readonly icon: string;
  readonly onOpen: () => void;
  readonly onQuit: () => void;
}

export function createTray({ icon, onOpen, onQuit }: TrayOptions): AppTray {
  const tray = new Tray(nativeImage.createFromPath(icon));
  tray.on('click', onOpen);
  let shown = '';
  const show = (activity: Activity): void => {
    const text = activityText(activity);
    if (text === shown) return;
    shown = text;
    tray.setToolTip(text);
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: text, enabled: false },
        { type: 'separator' },
        { label: 'Open Plumbline', click: onOpen },
        { label: 'Quit', click: onQuit },
      ]),
    );
  };
  show(IDLE);
  return { show };
}
