/** Documents and queries to measure a model with, made from the databases and pairs in the shared data folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { DATA_FOLDER } from './corpus.ts';
import { randomNumbers } from './random.ts';
import { words } from './words.ts';

export interface Query {
  /** What was done to the words taken from the document. */
  readonly kind: string;
  readonly text: string;
  /** Place of the document that the query was made from. */
  readonly answer: number;
}

export interface Retrieval {
  readonly name: string;
  readonly documents: readonly string[];
  readonly queries: readonly Query[];
}

/** One film in so many, so that a run takes seconds. */
const FILM_STEP = 4;
const PLOT_CHARACTERS = 300;

type Random = () => number;

/** Known-item searches: words of one document, as they are, inflected or misspelt; `count` documents per collection. */
export function retrievals(count: number): Retrieval[] {
  const { documents: tracks, codes } = readTracks();
  const codeQueries = codes.slice(0, count).map((text, answer) => ({ kind: 'product code', text, answer }));
  return [
    collection('films', readFilms(), count, []),
    collection('books', readBooks(), count, []),
    collection('tracks', tracks, count, codeQueries),
  ];
}

/** Sentence pairs with people's judgement of their similarity, 0 to 5. For measuring only, never for training. */
export function sentencePairs(): { left: string; right: string; similarity: number }[] {
  const text = readFileSync(join(DATA_FOLDER, 'quality/stsb-en-dev.csv'), 'utf8');
  return csvRows(text).map(([left = '', right = '', score]) => ({ left, right, similarity: Number(score) }));
}

function collection(
  name: string,
  documents: readonly string[],
  count: number,
  more: readonly Query[],
): Retrieval {
  const random = randomNumbers(11);
  const vocabularies = documents.map((text) => [...new Set(words(text))]);
  const spread = new Map<string, number>();
  for (const word of vocabularies.flat()) spread.set(word, (spread.get(word) ?? 0) + 1);
  const frequency = (word: string) => spread.get(word) as number;
  const queries: Query[] = [...more];
  for (let made = 0; made < count;) {
    const answer = Math.floor(random() * documents.length);
    const telling = (vocabularies[answer] as string[])
      .filter((word) => /^[a-z]{4,}$/.test(word) && frequency(word) < documents.length / 20)
      .sort((left, right) => frequency(left) - frequency(right));
    const [rare] = telling.filter((word) => word.length > 4 && frequency(word) === 1);
    if (rare === undefined || telling.length < 3) continue;
    const three = pick(telling.slice(0, 8), 3, random);
    queries.push(
      ...variants('one word', [rare], answer, random),
      ...variants('three words', three, answer, random),
    );
    made++;
  }
  return { name, documents, queries };
}

function variants(kind: string, taken: readonly string[], answer: number, random: Random): Query[] {
  const misspelt = taken.map((word) => (word.length > 4 ? misspell(word, random) : word));
  return [
    { kind, text: taken.join(' '), answer },
    { kind: `${kind}, inflected`, text: taken.map(inflect).join(' '), answer },
    { kind: `${kind}, misspelt`, text: misspelt.join(' '), answer },
  ];
}

function pick<Item>(items: readonly Item[], count: number, random: Random): Item[] {
  const left = [...items];
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)[0] as Item);
}

/** One slip inside the word: a letter left out, swapped with the next, doubled, or mistaken. */
function misspell(word: string, random: Random): string {
  const at = 1 + Math.floor(random() * (word.length - 2));
  const [before, letter, next, after] = [word.slice(0, at), word[at], word[at + 1], word.slice(at + 2)];
  const mistaken = String.fromCharCode(97 + Math.floor(random() * 26));
  const slips = [`${before}${next}`, `${before}${next}${letter}`, `${before}${letter}${letter}${next}`];
  return `${[...slips, `${before}${mistaken}${next}`][Math.floor(random() * 4)]}${after}`;
}

/** Another form of the word, roughly as English makes them. */
function inflect(word: string): string {
  const endings: [RegExp, string][] = [
    [/ing$/, ''],
    [/ed$/, 'ing'],
    [/ies$/, 'y'],
    [/s$/, ''],
    [/y$/, 'ies'],
    [/e$/, 'ing'],
    [/$/, 's'],
  ];
  const [ending, other] = endings.find(([pattern]) => pattern.test(word)) as [RegExp, string];
  return word.replace(ending, other);
}

function readFilms(): string[] {
  interface Film {
    title: string;
    year: number;
    cast: string[];
    genres: string[];
    extract: string | null;
  }
  const films = unzip('db/movies.jsonl.gz').map((line) => JSON.parse(line) as Film);
  return films
    .filter(({ extract }) => extract !== null)
    .filter((_, place) => place % FILM_STEP === 0)
    .map(({ title, year, cast, genres, extract }) =>
      [title, year, cast.slice(0, 4).join(', '), genres.join(', '), extract?.slice(0, PLOT_CHARACTERS)].join(
        '\n',
      ),
    );
}

function readBooks(): string[] {
  const [header = [], ...books] = csvRows(unzip('db/goodbooks.csv.gz').join('\n'));
  const columns = ['title', 'authors', 'original_publication_year'].map((name) => header.indexOf(name));
  return books.map((book) => columns.map((column) => book[column]).join('\n'));
}

/** Chinook's tracks, each with an invented product code. */
function readTracks(): { documents: string[]; codes: string[] } {
  const database = new Database(join(DATA_FOLDER, 'db/chinook.sqlite'), { readonly: true });
  const rows = database
    .prepare(
      `select t.Name, a.Title, r.Name, coalesce(t.Composer, ''), g.Name
         from Track t join Album a using (AlbumId) join Artist r using (ArtistId) join Genre g using (GenreId)`,
    )
    .raw()
    .all() as string[][];
  database.close();
  const random = randomNumbers(5);
  const codes = rows.map(() => productCode(random));
  return { documents: rows.map((row, place) => [codes[place], ...row].join('\n')), codes };
}

function productCode(random: Random): string {
  const letter = () => String.fromCharCode(65 + Math.floor(random() * 26));
  const digits = (count: number) => String(Math.floor(random() * 10 ** count)).padStart(count, '0');
  return random() < 0.5 ? `SKU-${digits(4)}-${letter()}` : `${letter()}${letter()}${digits(5)}${letter()}`;
}

function unzip(file: string): string[] {
  return gunzipSync(readFileSync(join(DATA_FOLDER, file)))
    .toString()
    .trim()
    .split('\n');
}

/** Rows of a CSV file whose quoted cells hold no line breaks. */
function csvRows(text: string): string[][] {
  const cell = /(?<=^|,)(?:"((?:[^"]|"")*)"|([^,]*))(?=,|$)/g;
  return text
    .trim()
    .split('\n')
    .map((line) =>
      [...line.trim().matchAll(cell)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
      ),
    );
}
