/** What the built-in model promises: the document that shares the query's words, however spelt, comes first. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { dot, loadModel, rowsOf, type LoadedModel } from '../support/transformers.ts';

const DOCUMENTS = [
  'Database administrator wanted: backups, replication, query tuning',
  'Ludwig van Beethoven, Symphony No. 9 in D minor, choral finale',
  'Cheap accommodation near the railway station, breakfast included',
  'We have received your letter and will answer within five days',
  'Running shoes for trail and road, men and women, all sizes',
  'Garden chair made of oak, weatherproof, folds flat',
  'Cordless drill 18V, product SKU-4711-B, two batteries',
  'Cordless drill 18V, product SKU-4712-C, one battery',
  'Cordless screwdriver 12V, product SKU-1147-B, with case',
  'Invoice 2024-00317 for the repair of a coffee machine',
  'Invoice 2024-00371 for the repair of a coffee machine',
  'Wool blanket, hand-woven in Scotland, grey and blue',
  'The mountaineers reached the summit shortly before noon',
  'Recipe for apple strudel with raisins and cinnamon',
  'Квартира в центре Москвы, недалеко от метро',
  'Дом у моря с садом и бассейном',
  '東京都の天気予報',
  '大阪の観光案内',
  'Café Müller: Frühstück täglich ab acht Uhr',
  'Launch day 🚀 is on Friday',
  'Birthday party 🎂 on Saturday',
  'Pharmaceutical ingredients: acetylsalicylic acid, caffeine, paracetamol',
  'Insurance policy for bicycles against theft and damage',
  'Photographs of lighthouses along the Atlantic coast',
] as const;

let model: LoadedModel;
let vectors: Float32Array[];

beforeAll(async () => {
  model = await loadModel(join(import.meta.dirname, '../../models/builtin'), 'q8');
  vectors = rowsOf(await model.run(DOCUMENTS, 'sentence_embedding'));
});

async function first(query: string): Promise<string> {
  const [asked] = rowsOf(await model.run([query], 'sentence_embedding'));
  const scores = vectors.map((vector) => dot(vector, asked as Float32Array));
  return DOCUMENTS[scores.indexOf(Math.max(...scores))] as string;
}

async function similarity(left: string, right: string): Promise<number> {
  const [a, b] = rowsOf(await model.run([left, right], 'sentence_embedding'));
  return dot(a as Float32Array, b as Float32Array);
}

describe('built-in model ranks first what shares', () => {
  it.each([
    ['a rare word', 'strudel', 'apple strudel'],
    ['a rare word among frequent ones', 'is there any of the acetylsalicylic', 'acetylsalicylic'],
    ['two words in another order', 'oak chair', 'Garden chair'],
    ['a word in other case', 'BEETHOVEN', 'Beethoven'],
    ['a plural', 'databases', 'Database'],
    ['a singular', 'lighthouse', 'lighthouses'],
    ['a verb form', 'receiving letters', 'received'],
    ['a shorter form', 'mountaineer', 'mountaineers'],
    ['a form of "run"', 'runs', 'Running'],
    ['a word with a letter left out', 'databse', 'Database'],
    ['a name with a letter left out', 'Beethovn', 'Beethoven'],
    ['a word with two letters swapped', 'recieve', 'received'],
    ['a word with one of a double letter', 'acommodation', 'accommodation'],
    ['a word with a wrong letter', 'insuranse', 'Insurance'],
    ['a word with a doubled letter', 'cinnammon', 'cinnamon'],
    ['a long word with two slips', 'pharmacuetical ingrediants', 'Pharmaceutical'],
    ['a product code', 'SKU-4711-B', 'SKU-4711-B'],
    ['another product code', 'SKU-4712-C', 'SKU-4712-C'],
    ['the digits of a product code', '1147', 'SKU-1147-B'],
    ['a number whose digits another has swapped', '2024-00371', '00371'],
    ['a Russian word in another case', 'Москва', 'Москвы'],
    ['Chinese characters', '東京', '東京都'],
    ['an emoji', '🚀', '🚀'],
    ['a word without its accents', 'fruhstuck', 'Frühstück'],
    ['an accented word taken apart', 'cafe\u0301', 'Café'],
    ['full-width letters', 'ＳＫＵ-４７１１-Ｂ', 'SKU-4711-B'],
  ])('%s', async (_, query, expected) => {
    expect(await first(query)).toContain(expected);
  });
});

describe('built-in model', () => {
  it('takes white space, case and accents for the same', async () => {
    expect(await similarity('Café  au lait', 'cafe\nAU LAIT')).toBeCloseTo(1, 5);
  });

  it('hears rare words more than frequent ones and punctuation', async () => {
    const kept = await similarity('the symphony', 'a symphony!!!');
    expect(kept).toBeGreaterThan(0.9);
    expect(await similarity('the symphony', 'the strudel')).toBeLessThan(0.2);
  });

  it('tells the order of digits', async () => {
    expect(await similarity('123456', '345612')).toBeLessThan(0.8);
  });

  it('keeps unrelated words apart', async () => {
    expect(await similarity('invoice', 'lighthouse')).toBeLessThan(0.25);
  });
});
