/** Where the chosen theme is kept: read again by `public/first-paint.js` before the page is painted. */
import { localStorageColorSchemeManager } from '@mantine/core';

export const colorSchemeManager = localStorageColorSchemeManager({ key: 'plumbline-color-scheme' });
