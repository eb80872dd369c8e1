/** The application menu is data. */
import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it, vi } from 'vitest';
import { menuTemplate } from '../../electron/policy/menu.ts';

const actions = () => ({
  goBack: vi.fn<() => void>(),
  goForward: vi.fn<() => void>(),
  openDocumentation: vi.fn<() => void>(),
  openLogs: vi.fn<() => void>(),
  openCrashes: vi.fn<() => void>(),
});
const menu = (platform: NodeJS.Platform, isPackaged = true, does = actions()) =>
  menuTemplate({ platform, isPackaged, actions: does });

const items = (template: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
  template.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? items(item.submenu) : [])]);
const roles = (template: readonly MenuItemConstructorOptions[]) => items(template).map(({ role }) => role);

describe.each(['linux', 'win32', 'darwin'] as const)('the menu on %s', (platform) => {
  it('has Edit, View, Window and Help', () => {
    expect(roles(menu(platform))).toEqual(
      expect.arrayContaining(['editMenu', 'windowMenu', 'help', 'zoomIn', 'zoomOut', 'resetZoom', 'reload']),
    );
  });

  it('has no keys twice', () => {
    const keys = items(menu(platform)).flatMap(({ accelerator }) => accelerator ?? []);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toContain('F1');
  });

  it('shows developer tools to developers', () => {
    expect(roles(menu(platform, true))).not.toContain('toggleDevTools');
    expect(roles(menu(platform, false))).toContain('toggleDevTools');
  });

  it('leads back and forth, to documentation, logs and crashes', () => {
    const does = actions();
    for (const { click } of items(menu(platform, true, does))) (click as (() => void) | undefined)?.();
    for (const action of Object.values(does)) expect(action).toHaveBeenCalledOnce();
  });
});

it('quitting and About are where the platform has them', () => {
  expect(roles(menu('linux'))).toEqual(expect.arrayContaining(['quit', 'about']));
  expect(roles(menu('darwin'))).toContain('appMenu');
  expect(roles(menu('darwin'))).not.toContain('about');
});
