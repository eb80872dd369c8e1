/** Models of the hub that are worth offering: small enough for a CPU, with graphs and settings that Plumbline reads. Pure. */

export interface OfferedModel {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Of the files that are downloaded, about. */
  readonly bytes: number;
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly languages: string;
  /** Texts of 100 tokens that one core embeds in a second, about: what a model of this shape takes. */
  readonly textsPerSecond: number;
  readonly license: string;
}

export const offeredModels: readonly OfferedModel[] = [
  {
    name: 'Xenova/all-MiniLM-L6-v2',
    title: 'MiniLM L6',
    description: 'Small, fast and good at meaning: the usual first choice for English.',
    bytes: 24_000_000,
    dimensions: 384,
    maxTokens: 512,
    languages: 'English',
    textsPerSecond: 90,
    license: 'Apache-2.0',
  },
  {
    name: 'Snowflake/snowflake-arctic-embed-s',
    title: 'Arctic Embed S',
    description: 'Made for search: questions find the passages that answer them.',
    bytes: 35_000_000,
    dimensions: 384,
    maxTokens: 512,
    languages: 'English',
    textsPerSecond: 45,
    license: 'Apache-2.0',
  },
  {
    name: 'Xenova/multilingual-e5-small',
    title: 'Multilingual E5 small',
    description: 'Finds across languages: a German question, an English answer.',
    bytes: 135_000_000,
    dimensions: 384,
    maxTokens: 512,
    languages: 'about 100 languages',
    textsPerSecond: 45,
    license: 'MIT',
  },
  {
    name: 'nomic-ai/nomic-embed-text-v1.5',
    title: 'Nomic Embed 1.5',
    description: 'The most exact of these, for long documents, and the slowest.',
    bytes: 138_000_000,
    dimensions: 768,
    maxTokens: 8192,
    languages: 'English',
    textsPerSecond: 12,
    license: 'Apache-2.0',
  },
];

export const findOffered = (name: string): OfferedModel | undefined =>
  offeredModels.find((model) => model.name === name);
