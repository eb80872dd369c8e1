/** Colours, type and component defaults. Every text colour reaches 4.5:1 on every surface that it stands on. */
import {
  Badge,
  Button,
  Card,
  createTheme,
  defaultVariantColorsResolver,
  Modal,
  parseThemeColor,
  Table,
  Tooltip,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core';

/** The line: petrol. */
const line: MantineColorsTuple = [
  '#e9f6f9',
  '#d3e9ee',
  '#a5d3de',
  '#73bccd',
  '#4ca8bf',
  '#3399b3',
  '#1f7f98',
  '#146b82',
  '#0f566a',
  '#0a4252',
];

/** The bob: brass. */
const brass: MantineColorsTuple = [
  '#fff6e4',
  '#fbead0',
  '#f3d4a1',
  '#ebbd6e',
  '#e5a944',
  '#e19d29',
  '#c9861a',
  '#a06a10',
  '#7f530a',
  '#5f3d05',
];

const dark: MantineColorsTuple = [
  '#d5dae1',
  '#b4bcc8',
  '#97a1af',
  '#6b7686',
  '#3b434e',
  '#2c323b',
  '#20252c',
  '#1a1e24',
  '#14171c',
  '#0d0f13',
];

/** For text on the ground of a light variant, where Mantine's own is too faint: yellow and orange most of all. */
const strongText = (color: string): string =>
  `light-dark(color-mix(in srgb, var(--mantine-color-${color}-9) 65%, black), var(--mantine-color-${color}-2))`;

const variantColorResolver: VariantColorsResolver = (input) => {
  const look = defaultVariantColorsResolver(input);
  const { isThemeColor, color } = parseThemeColor({ color: input.color ?? 'line', theme: input.theme });
  return input.variant === 'light' && isThemeColor ? { ...look, color: strongText(color) } : look;
};

export const theme = createTheme({
  colors: { line, brass, dark },
  primaryColor: 'line',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  variantColorResolver,
  luminanceThreshold: 0.36,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  headings: {
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.3' },
      h2: { fontSize: '1.125rem', lineHeight: '1.4' },
      h3: { fontSize: '1rem', lineHeight: '1.4' },
    },
  },
  components: {
    Badge: Badge.extend({ defaultProps: { variant: 'light', radius: 'sm' } }),
    Button: Button.extend({ defaultProps: { radius: 'md' } }),
    Card: Card.extend({ defaultProps: { withBorder: true, radius: 'lg', padding: 'lg' } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        radius: 'lg',
        closeButtonProps: { 'aria-label': 'Close' },
        // Its `header` would be a second banner of the page.
        attributes: { header: { role: 'none' } },
      },
      styles: {
        header: { background: 'var(--plumb-surface)' },
        content: { background: 'var(--plumb-surface)' },
        title: { fontSize: 'var(--mantine-h2-font-size)', fontWeight: 650 },
      },
    }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 'xs' } }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 300, multiline: true } }),
  },
});

/** Mantine's dimmed and placeholder greys are too faint to read: WCAG asks for 4.5:1. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f6f7f9',
    '--mantine-color-text': '#1c2228',
    '--mantine-color-dimmed': '#56616d',
    '--mantine-color-placeholder': '#67727e',
    '--mantine-color-error': '#c02626',
    '--mantine-color-anchor': '#0f566a',
    '--plumb-surface': '#ffffff',
    '--plumb-border': '#dfe3e8',
    '--plumb-hover': '#f0f3f5',
    '--plumb-added': '#d8f3df',
    '--plumb-removed': '#ffe1de',
  },
  dark: {
    '--mantine-color-body': '#14171c',
    '--mantine-color-text': '#dfe4ea',
    '--mantine-color-dimmed': '#a3adba',
    '--mantine-color-placeholder': '#97a1af',
    '--mantine-color-error': '#ff8f87',
    '--mantine-color-anchor': '#73bccd',
    '--plumb-surface': '#1a1e24',
    '--plumb-border': '#2c323b',
    '--plumb-hover': '#20262e',
    '--plumb-added': '#173c26',
    '--plumb-removed': '#4d2020',
  },
});
