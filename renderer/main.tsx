import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import '@mantine/core/styles.css';
import '@mantine/charts/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './theme/global.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { reloadWhenReplaced } from './reload-when-replaced.ts';

const root = document.querySelector('#root');
if (root === null) throw new Error('index.html has no #root');
reloadWhenReplaced();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
