/** What is said of a model, in words. Pure. */
import type { ModelSummary } from '../../../engine/setup-contract.ts';
import { formatBytes, formatCount } from '../../format.ts';

/** Figures as pairs; what is not known is left out. */
export function factsOf(model: ModelSummary): readonly (readonly [label: string, value: string])[] {
  const { bytes, dimensions, maxTokens, textsPerSecond, languages, license } = model;
  return [
    ...(bytes === null ? [] : ([['Size', formatBytes(bytes)]] as const)),
    ...(dimensions === null ? [] : ([['Dimensions', formatCount(dimensions)]] as const)),
    ...(maxTokens === null ? [] : ([['Tokens a chunk', `up to ${formatCount(maxTokens)}`]] as const)),
    ...(textsPerSecond === null ? [] : ([['Speed', speedOf(textsPerSecond)]] as const)),
    ['Languages', languages],
    ...(license === null ? [] : ([['Licence', license]] as const)),
  ];
}

function speedOf({ value, measured }: NonNullable<ModelSummary['textsPerSecond']>): string {
  const rate = `${formatCount(Math.round(value))} texts a second per core`;
  return measured ? `${rate}, measured here` : `about ${rate}`;
}

/** Where it is, in a few words. */
export function stateOf(model: ModelSummary): string {
  switch (model.state) {
    case 'ready':
      return model.kind === 'builtin' ? 'Comes with Plumbline' : 'On this machine';
    case 'downloading':
      return 'Downloading';
    case 'failed':
      return 'Download failed';
    case 'absent':
      return model.bytes === null
        ? 'Downloaded on first use'
        : `Downloaded on first use: ${formatBytes(model.bytes)}`;
    default:
      return model.state satisfies never;
  }
}
