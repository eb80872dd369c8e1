/** Where what belongs to no single workspace is kept. */
import { expect, it } from 'vitest';
import { homeFolder, homePaths } from '../../engine/home.ts';

const folder = (platform: NodeJS.Platform, environment: Record<string, string> = {}): string =>
  homeFolder({ platform, environment, userFolder: platform === 'win32' ? 'C:\\Users\\you' : '/home/you' });

it('is the data folder of the platform', () => {
  expect(folder('linux')).toBe('/home/you/.local/share/plumbline');
  expect(folder('linux', { XDG_DATA_HOME: '/data' })).toBe('/data/plumbline');
  expect(folder('linux', { XDG_DATA_HOME: 'relative' })).toBe('/home/you/.local/share/plumbline');
  expect(folder('linux', { XDG_DATA_HOME: '' })).toBe('/home/you/.local/share/plumbline');
  expect(folder('darwin')).toBe('/home/you/Library/Application Support/Plumbline');
  expect(folder('win32', { APPDATA: 'D:\\Roaming' })).toBe('D:\\Roaming\\Plumbline');
  expect(folder('win32')).toBe('C:\\Users\\you\\AppData\\Roaming\\Plumbline');
});

it('is another one where PLUMBLINE_HOME says so, on every platform', () => {
  for (const platform of ['linux', 'darwin', 'win32'] as const)
    expect(folder(platform, { PLUMBLINE_HOME: '/elsewhere', XDG_DATA_HOME: '/data' })).toBe('/elsewhere');
  expect(folder('linux', { PLUMBLINE_HOME: '' })).toBe('/home/you/.local/share/plumbline');
});

it('holds its files in the ways of its platform', () => {
  expect(homePaths('/home/you/p').recent).toBe('/home/you/p/recent.json');
  expect(homePaths('C:\\p').workspaces).toBe('C:\\p\\workspaces');
});
