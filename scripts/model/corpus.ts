/**
 * The texts that the built-in model is learned from, streamed paragraph by paragraph. They lie outside the repository
 * (see the model's README for their licences).
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createZstdDecompress } from 'node:zlib';

/** Where the corpora are, unless `PLUMBLINE_DATA` says otherwise: beside the checkout. */
export const DATA_FOLDER = process.env['PLUMBLINE_DATA'] ?? join(import.meta.dirname, '../../../shared/data');

export const CORPORA = ['wordnet', 'openstax', 'factbook', 'gutenberg'] as const;
export type Corpus = (typeof CORPORA)[number];

/** The paragraphs of a corpus, in its own order. */
export async function* paragraphs(corpus: Corpus): AsyncGenerator<string> {
  if (corpus === 'wordnet') yield* synsets();
  else if (corpus === 'gutenberg') yield* blankSeparated(lines('gutenberg.txt.zst'));
  else yield* lines(`${corpus}.txt.zst`);
}

async function* lines(file: string): AsyncGenerator<string> {
  const input = createReadStream(join(DATA_FOLDER, 'text', file)).pipe(createZstdDecompress());
  for await (const line of createInterface({ input, crlfDelay: Infinity }))
    yield line.replace(/<[^>]*>/g, ' ');
}

/** Books are hard-wrapped: a paragraph ends at an empty line. */
async function* blankSeparated(source: AsyncIterable<string>): AsyncGenerator<string> {
  let paragraph: string[] = [];
  for await (const line of source) {
    if (line.trim() !== '') paragraph.push(line);
    else if (paragraph.length > 0) {
      yield paragraph.join(' ');
      paragraph = [];
    }
  }
  if (paragraph.length > 0) yield paragraph.join(' ');
}

/** A meaning of WordNet as one text: its words, what it says of them, its examples. */
export interface Synset {
  readonly members: readonly string[];
  readonly definition: string;
  readonly examples: readonly string[];
}

export async function* readSynsets(): AsyncGenerator<Synset> {
  for await (const line of lines('wordnet.jsonl.zst')) yield JSON.parse(line) as Synset;
}

async function* synsets(): AsyncGenerator<string> {
  for await (const { members, definition, examples } of readSynsets())
    yield [members.join(', '), definition, ...examples].join('. ');
}
