/** Renders the icons of the desktop from the page's own: `node scripts/icons.ts` after a change to it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
// Comes with @huggingface/transformers.
import sharp from 'sharp';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** macOS draws it in the menu bar's colours, by its opacity alone. */
const TEMPLATE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="14 2 36 60">
  <path d="M32 6v22" stroke="#000" stroke-width="4" stroke-linecap="round" />
  <path d="M22 30h20l-3.2 12.6L32 58l-6.8-15.4z" fill="#000" />
</svg>`;

async function render(svg: string, name: string, size: number): Promise<void> {
  await sharp(Buffer.from(svg), { density: 600 })
    .resize(size, size, { fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .png({ compressionLevel: 9, palette: true })
    .toFile(path(`build/${name}.png`));
}

const icon = readFileSync(path('renderer/public/icon.svg'), 'utf8');
mkdirSync(path('build'), { recursive: true });
await render(icon, 'icon', 1024);
await render(icon, 'tray', 16);
await render(icon, 'tray@2x', 32);
await render(TEMPLATE, 'trayTemplate', 16);
await render(TEMPLATE, 'trayTemplate@2x', 32);
