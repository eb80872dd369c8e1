/** What a page in the window may not do: everything but showing the engine's own page. For every web contents there is. */
import { app, session, shell } from 'electron';
import { externalAddress } from '../policy/external-links.ts';
import { isGranted, isOwnAddress } from '../policy/origin.ts';

/** Before the first window. @param engineUrl the address that counts now. */
export function installGuards(engineUrl: () => string | null): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) =>
    answer(isGranted(permission, requestingUrl, engineUrl())),
  );
  defaultSession.setPermissionCheckHandler((_contents, permission, origin) =>
    isGranted(permission, origin, engineUrl()),
  );
  defaultSession.setDevicePermissionHandler(() => false);
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => {
      if (!event.isMainFrame || !isOwnAddress(event.url, engineUrl())) event.preventDefault();
    });
    contents.on('will-redirect', (event) => {
      if (!isOwnAddress(event.url, engineUrl())) event.preventDefault();
    });
    contents.setWindowOpenHandler(({ url }) => {
      openExternal(url, engineUrl());
      return { action: 'deny' };
    });
  });
}

/** The only way out of the window to the person's browser. */
function openExternal(url: string, engineUrl: string | null): void {
  const address = externalAddress(url, engineUrl);
  if (address !== null) void shell.openExternal(address);
}
