/**
 * The tokenizer files (`tokenizer.json`, `tokenizer_config.json`) of an uncased WordPiece model, in the form that the
 * Hugging Face tokenizers library and transformers.js read.
 */

/** The special tokens, whose ids are their places here; every vocabulary starts with them. */
export const SPECIAL_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'] as const;
type SpecialToken = (typeof SPECIAL_TOKENS)[number];

/** Longer words become one `[UNK]`: the matching of a word is quadratic in its length. */
export const MAX_WORD_CHARACTERS = 100;

export interface WordPieceOptions {
  /** Every token by id, `SPECIAL_TOKENS` first; pieces inside a word start with `##`. */
  readonly vocabulary: readonly string[];
  /** Special tokens included. */
  readonly maxTokens: number;
  /** Whether a text is put between `[CLS]` and `[SEP]`, as BERT's attention needs and a bag of tokens does not. */
  readonly framed: boolean;
}

/** File names and contents, to be written as JSON into the model's folder. */
export function wordPieceFiles(options: WordPieceOptions): Record<string, unknown> {
  return { 'tokenizer.json': tokenizer(options), 'tokenizer_config.json': tokenizerConfig(options) };
}

function tokenizer({ vocabulary, framed }: WordPieceOptions): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map(addedToken),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: true,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: framed ? frame() : null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: MAX_WORD_CHARACTERS,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    },
  };
}

function addedToken(content: SpecialToken, id: number): object {
  return { id, content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false };
}

function frame(): object {
  const special = (id: SpecialToken) => ({ SpecialToken: { id, type_id: 0 } });
  const sequence = (id: 'A' | 'B') => ({ Sequence: { id, type_id: 0 } });
  const entry = (id: SpecialToken) => [id, { id, ids: [SPECIAL_TOKENS.indexOf(id)], tokens: [id] }];
  return {
    type: 'TemplateProcessing',
    single: [special('[CLS]'), sequence('A'), special('[SEP]')],
    pair: [special('[CLS]'), sequence('A'), special('[SEP]'), sequence('B'), special('[SEP]')],
    special_tokens: Object.fromEntries([entry('[CLS]'), entry('[SEP]')]),
  };
}

function tokenizerConfig({ maxTokens }: WordPieceOptions): object {
  return {
    tokenizer_class: 'BertTokenizer',
    model_max_length: maxTokens,
    do_lower_case: true,
    strip_accents: true,
    tokenize_chinese_chars: true,
    pad_token: '[PAD]',
    unk_token: '[UNK]',
    cls_token: '[CLS]',
    sep_token: '[SEP]',
  };
}
