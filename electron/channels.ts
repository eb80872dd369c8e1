/** The names of the bridge's calls between preload and main process. Without zod: the preload stays a few lines. */
import type { PlumblineBridge } from './bridge.ts';

export type BridgeCall = Exclude<keyof PlumblineBridge, 'platform'>;

export const channelOf = (call: BridgeCall): string => `plumbline:${call}`;
