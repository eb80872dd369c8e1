import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelInfo } from '../../engine/embed/embedder.ts';
import { chooseGraph, missingFiles, neededFiles } from '../../engine/embed/model-folder.ts';
import { resolveModel, type ResolveOptions } from '../../engine/embed/resolve-model.ts';
import { modelFingerprint, recipeFingerprint } from '../../engine/recipe.ts';
import { startHub } from '../support/hub-server.ts';
import { writeTinyModel, type TinyModelOptions } from '../support/tiny-model.ts';

const workerUrl = new URL('../../workers/embed.ts', import.meta.url);
let root: string;
let count = 0;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'plumbline-model-'));
  writeTinyModel(join(root, 'shipped'), { seed: 9 });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A fresh model folder; `files` are written over it as JSON. */
function makeModel(options: TinyModelOptions = {}, files: Record<string, unknown> = {}): string {
  const folder = join(root, `model-${count++}`);
  writeTinyModel(folder, options);
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), JSON.stringify(content));
  return folder;
}

const resolve = (reference: string, more: Partial<ResolveOptions> = {}): Promise<ModelInfo> =>
  resolveModel(reference, {
    modelsFolder: join(root, 'models'),
    builtinFolder: join(root, 'shipped'),
    workerUrl,
    baseFolder: root,
    // Nothing here may reach the network by accident.
    hub: { endpoint: 'http://127.0.0.1:1', sleep: () => Promise.resolve() },
    ...more,
  });

describe('what a model folder says', () => {
  test('dimensions are measured, not believed', async () => {
    const folder = makeModel({ dimensions: 24 });
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'bert', hidden_size: 999 }));
    expect(await resolve(folder)).toMatchObject({
      dimensions: 24,
      folder,
      graph: 'onnx/model.onnx',
      dtype: 'fp32',
    });
  });

  test.each([
    [{ pooling_mode_mean_tokens: true }, 'mean'],
    [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }, 'cls'],
    [{ pooling_mode_lasttoken: true }, 'last_token'],
    [{ pooling_mode: 'cls' }, 'cls'],
    [{}, 'mean'],
  ])('pooling from %j is %s', async (config, pooling) => {
    expect(await resolve(makeModel({}, { '1_Pooling/config.json': config }))).toMatchObject({ pooling });
  });

  test('pooling that we do not have is refused, because another would give wrong vectors', async () => {
    const folder = makeModel({}, { '1_Pooling/config.json': { pooling_mode_max_tokens: true } });
    await expect(resolve(folder)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('"max"'),
    });
  });

  test.each([
    [{ prompts: { query: 'query: ', document: 'passage: ' } }, 'query: ', 'passage: '],
    [{ prompts: { query: 'q: ', passage: 'p: ' } }, 'q: ', 'p: '],
    [{ prompts: { query: 'q: ' } }, 'q: ', ''],
    [{ prompts: { any: 'a: ' }, default_prompt_name: 'any' }, 'a: ', 'a: '],
    [{ prompts: {} }, '', ''],
  ])('prefixes from %j', async (config, queryPrefix, documentPrefix) => {
    const folder = makeModel({}, { 'config_sentence_transformers.json': config });
    expect(await resolve(folder)).toMatchObject({ queryPrefix, documentPrefix });
  });

  test('prefixes of a known family, by the name in its config', async () => {
    const config = { model_type: 'bert', hidden_size: 32, _name_or_path: 'intfloat/multilingual-e5-small' };
    expect(await resolve(makeModel({}, { 'config.json': config }))).toMatchObject({
      queryPrefix: 'query: ',
      documentPrefix: 'passage: ',
    });
  });

  test.each([
    ['the smallest counts', { 'sentence_bert_config.json': { max_seq_length: 50 } }, 50],
    [
      'RoBERTa keeps two positions for itself',
      { 'config.json': { model_type: 'roberta', max_position_embeddings: 34 } },
      32,
    ],
    ['absurd values do not', { 'config.json': { model_type: 'bert', max_position_embeddings: 1e30 } }, 64],
    ['our own file comes first', { 'plumbline.json': { maxTokens: 40 } }, 40],
  ])('window: %s', async (_name, files, maxTokens) => {
    expect(await resolve(makeModel({ maxTokens: 64 }, files))).toMatchObject({ maxTokens });
  });

  test('a wrong plumbline.json is named', async () => {
    const folder = makeModel({}, { 'plumbline.json': { maxTokens: 'many' } });
    await expect(resolve(folder)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('plumbline.json'),
    });
  });

  test('a dense layer outside the graph is refused', async () => {
    const modules = [{ type: 'sentence_transformers.models.Dense', path: '2_Dense' }];
    await expect(resolve(makeModel({}, { 'modules.json': modules }))).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      exitCode: 2,
    });
  });

  test('8 bits are preferred, and external weights belong to their graph', () => {
    expect(chooseGraph(['onnx/model.onnx', 'onnx/model_quantized.onnx', 'onnx/model_q4.onnx'])).toEqual({
      dtype: 'q8',
      path: 'onnx/model_quantized.onnx',
    });
    expect(chooseGraph(['model.onnx'])).toEqual({ dtype: 'fp32', path: 'model.onnx' });
    expect(chooseGraph(['README.md'])).toBeNull();
    const files = [
      'onnx/model.onnx',
      'onnx/model.onnx_data',
      'onnx/model.onnx_data_1',
      'onnx/model.onnx_x',
      'a.bin',
    ];
    expect(neededFiles(files)).toEqual(files.slice(0, 3));
    expect(missingFiles(['config.json', 'onnx/model.onnx'])).toEqual([
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });
});

describe('fingerprint', () => {
  test('is the same for a copy under another name', async () => {
    const folder = makeModel();
    const copy = join(root, 'a copy elsewhere');
    cpSync(folder, copy, { recursive: true });
    writeFileSync(join(copy, 'README.md'), 'more words');
    const [one, two] = [await resolve(folder), await resolve(copy)];
    expect(two.fingerprint).toBe(one.fingerprint);
    expect(two.name).not.toBe(one.name);
  });

  test.each([
    [
      'the graph',
      (folder: string) =>
        copyFileSync(join(root, 'shipped/onnx/model.onnx'), join(folder, 'onnx/model.onnx')),
    ],
    ['the tokenizer', (folder: string) => writeTinyModel(folder, { poison: 'zzz' })],
    ['the window', (folder: string) => writeFileSync(join(folder, 'plumbline.json'), '{"maxTokens":20}')],
    ['a prefix', (folder: string) => writeFileSync(join(folder, 'plumbline.json'), '{"queryPrefix":"q "}')],
    ['the pooling', (folder: string) => writeFileSync(join(folder, 'plumbline.json'), '{"pooling":"cls"}')],
  ])('changes with %s', async (_name, change) => {
    const folder = makeModel();
    const before = await resolve(folder);
    change(folder);
    expect((await resolve(folder)).fingerprint).not.toBe(before.fingerprint);
  });

  test('of a recipe covers template, chunking and model', () => {
    const recipe = {
      template: '{{name}}',
      chunking: { maxTokens: null, overlapTokens: 8 },
      modelFingerprint: modelFingerprint({
        filesHash: 'f',
        dtype: 'q8',
        pooling: 'mean',
        queryPrefix: '',
        documentPrefix: '',
        maxTokens: 64,
      }),
    } as const;
    const all = [
      recipe,
      { ...recipe, template: '{{name}} ' },
      { ...recipe, chunking: { maxTokens: 64, overlapTokens: 8 } },
      { ...recipe, chunking: { maxTokens: null, overlapTokens: 9 } },
      { ...recipe, modelFingerprint: 'other' },
    ].map(recipeFingerprint);
    expect(new Set(all).size).toBe(all.length);
    // Stored in catalogs: changing it makes every index out of date.
    expect(all[0]).toBe('d8c216e2132cf5d1de970446f3b5a95bc89dcdea19adfb2450679e38a00ad0b4');
  });
});

describe('where a model is found', () => {
  test('builtin is the shipped folder', async () => {
    expect(await resolve('builtin')).toMatchObject({ name: 'builtin', folder: join(root, 'shipped') });
  });

  test('paths are relative to the base folder, and a folder that exists needs no dot', async () => {
    const folder = makeModel();
    const name = folder.slice(root.length + 1);
    expect((await resolve(`./${name}`)).folder).toBe(folder);
    expect((await resolve(name)).folder).toBe(folder);
  });

  test.each([
    ['./nowhere', 'nowhere'],
    ['/nowhere/at/all', 'nowhere'],
    ['minilm', 'minilm'],
    ['../../x/y', 'x/y'],
    ['maker/...', 'maker'],
  ])('%s is not found, and the hint says what can be', async (reference, part) => {
    await expect(resolve(reference)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      exitCode: 2,
      message: expect.stringContaining(part),
      hint: expect.stringContaining('builtin'),
    });
  });

  test.each(['tokenizer.json', 'config.json', 'onnx/model.onnx'])('a missing %s is named', async (name) => {
    const folder = makeModel();
    rmSync(join(folder, name));
    await expect(resolve(folder)).rejects.toMatchObject({
      code: 'MODEL_INCOMPLETE',
      exitCode: 2,
      message: expect.stringContaining(name),
    });
  });

  test.each(['onnx/model.onnx', 'tokenizer.json'])('a damaged %s is invalid', async (name) => {
    const folder = makeModel();
    writeFileSync(join(folder, name), '\0 damaged');
    await expect(resolve(folder)).rejects.toMatchObject({ code: 'MODEL_INVALID', exitCode: 2 });
  });

  test('a model from the hub is downloaded once, then found without network', async () => {
    const hub = await startHub('maker/tiny', join(root, 'shipped'));
    const options = { hub: { endpoint: hub.endpoint } };
    const first = await resolve('maker/tiny', options);
    await hub.close();
    expect(first).toMatchObject({
      name: 'maker/tiny',
      folder: join(root, 'models/maker/tiny'),
      dimensions: 32,
    });
    expect(await resolve('maker/tiny', options)).toEqual(first);
    expect(first.fingerprint).toBe((await resolve('builtin')).fingerprint);
  });

  test('without network and without the model, the way out is said', async () => {
    await expect(resolve('maker/other')).rejects.toMatchObject({
      code: 'MODEL_OFFLINE',
      exitCode: 2,
      hint: expect.stringMatching(/builtin.*HF_ENDPOINT/),
    });
    expect(existsSync(join(root, 'models/maker/other/config.json'))).toBe(false);
  });

  test('a revision has a folder of its own', async () => {
    const folder = join(root, 'models/maker/tiny@v1.0');
    mkdirSync(folder, { recursive: true });
    writeTinyModel(folder, { seed: 5 });
    expect((await resolve('maker/tiny@v1.0')).folder).toBe(folder);
  });
});
