/** Shows a page in the person's browser, as far as the machine has one. */
import { spawn } from 'node:child_process';

/** The program that opens an address, and its arguments before it. */
export function browserCommand(platform: NodeJS.Platform): readonly [command: string, ...args: string[]] {
  if (platform === 'darwin') return ['open'];
  // Not `start`, which is the shell's own and would read the address as a command line.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}

export function openBrowser(url: string, note: (line: string) => void): void {
  const [command, ...args] = browserCommand(process.platform);
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.once('error', () => note(`no browser could be opened; the address is ${url}`));
  child.unref();
}
