import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeMiniLm } from '../../scripts/model/minilm.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { dot, loadModel, rowsOf, type LoadedModel } from '../support/transformers.ts';

const BUILTIN = join(import.meta.dirname, '../../models/builtin');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-models-'));
  // transformers.js prints the tensors of every failing batch, and one test fails on purpose.
  env.logLevel = 50;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('built-in model', () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await loadModel(BUILTIN, 'q8');
  });
  const embed = async (...texts: string[]) => rowsOf(await model.run(texts, 'sentence_embedding'));

  it('answers one unit vector of 256 numbers per text', async () => {
    const output = await model.run(['a short text', 'and a longer one, with a comma'], 'sentence_embedding');
    expect(output.dims).toEqual([2, 256]);
    for (const row of rowsOf(output)) expect(dot(row, row)).toBeCloseTo(1, 5);
  });

  it('answers the same whatever a text is batched with', async () => {
    const [alone] = await embed('the red lamp');
    const [padded] = await embed(
      'the red lamp',
      'a much longer text, so that the first one has to be padded a lot',
    );
    expect(dot(alone!, padded!)).toBeCloseTo(1, 6);
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \n\t'],
    ['punctuation', '?!…'],
    ['what no vocabulary has', '\u{10fffd}'],
    ['half a surrogate pair', 'a\ud800b'],
    ['NUL', '\0'],
    ['an emoji of several', '👩‍🚀'],
    ['a word without end', 'x'.repeat(10_000)],
    ['more tokens than fit', 'many words '.repeat(5_000)],
  ])('gives %s a direction', async (_, text) => {
    const [row] = await embed(text);
    expect(dot(row!, row!)).toBeCloseTo(1, 5);
  });

  it('takes no text for a special token', () => {
    expect(model.tokenizer.tokenize('a [PAD] b')).toEqual(['a', '[', 'pad', ']', 'b']);
  });
});

describe('tiny model', () => {
  const load = (name: string, options: Parameters<typeof writeTinyModel>[1]) => {
    const path = join(folder, name);
    writeTinyModel(path, options);
    return loadModel(path, 'fp32');
  };

  it('has a token for every ASCII character', async () => {
    const { tokenizer } = await load('ascii', {});
    const ascii = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
    expect(tokenizer.tokenize(`${ascii.join(' ')} ${ascii.join('')}`)).not.toContain('[UNK]');
  });

  it('is as wide and as long as asked', async () => {
    const model = await load('shape', { dimensions: 8, maxTokens: 6 });
    const output = await model.run(['red', 'the green book on the table in the garden'], 'last_hidden_state');
    expect(output.dims).toEqual([2, 6, 8]);
    expect(
      rowsOf(output)
        .flatMap((row) => [...row])
        .every(Number.isFinite),
    ).toBe(true);
  });

  it('differs by seed, and only by seed', async () => {
    const vectors = await Promise.all(
      [1, 1, 2].map(async (seed, place) => {
        const model = await load(`seed-${place}`, { seed });
        return rowsOf(await model.run(['red'], 'last_hidden_state'));
      }),
    );
    expect(vectors[0]).toEqual(vectors[1]);
    expect(vectors[0]).not.toEqual(vectors[2]);
  });

  it('makes onnxruntime fail for every batch with the poison, and for no other', async () => {
    const model = await load('poison', { poison: 'zebra' });
    await expect(model.run(['red', 'a zebra'], 'last_hidden_state')).rejects.toThrow(/out of data bounds/);
    await expect(model.run(['red', 'zebras'], 'last_hidden_state')).rejects.toThrow(/out of data bounds/);
    expect((await model.run(['red', 'a horse'], 'last_hidden_state')).dims[0]).toBe(2);
  });

  it('answers NaN for the word that it is told to', async () => {
    const model = await load('nan', { notFinite: 'ghost' });
    const [, , ghost] = rowsOf(await model.run(['red ghost'], 'last_hidden_state'));
    expect(ghost!.every(Number.isNaN)).toBe(true);
    const others = rowsOf(await model.run(['red'], 'last_hidden_state'));
    expect(others.flatMap((row) => [...row]).every(Number.isFinite)).toBe(true);
  });
});

describe('MiniLM-shaped model', () => {
  it('answers 384 finite numbers per token, and ignores padding', async () => {
    const path = join(folder, 'minilm');
    writeMiniLm(path);
    const model = await loadModel(path, 'q8');
    const output = await model.run(['the cat', 'the cat sat on the table by the door'], 'last_hidden_state');
    expect(output.dims).toEqual([2, 11, 384]);
    expect(
      rowsOf(output)
        .flatMap((row) => [...row])
        .every(Number.isFinite),
    ).toBe(true);
    const [alone] = rowsOf(await model.run(['the cat'], 'last_hidden_state'));
    const padded = rowsOf(output)[0]!;
    // Dynamic quantisation takes its range from the whole batch, so equal only roughly.
    expect(dot(alone!, padded) / Math.sqrt(dot(alone!, alone!) * dot(padded, padded))).toBeGreaterThan(0.98);
  });
});
