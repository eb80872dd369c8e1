/**
 * The tokenizer files (`tokenizer.json`, `tokenizer_config.json`) of an uncased WordPiece model, in the form that the
 * Hugging Face tokenizers library and transformers.js read.
 */
import { MARKS_PATTERN, WORD_PATTERN } from './words.ts';

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
  /**
   * `bert`: as BERT's own, each text between `[CLS]` and `[SEP]`. `bag`: words as `words.ts` cuts them, nothing added,
   * and no text (`[PAD]`) that would be taken for a special token.
   */
  readonly style: 'bert' | 'bag';
}

/** File names and contents, to be written as JSON into the model's folder. */
export function wordPieceFiles(options: WordPieceOptions): Record<string, unknown> {
  return { 'tokenizer.json': tokenizer(options), 'tokenizer_config.json': tokenizerConfig(options) };
}

function tokenizer({ vocabulary, style }: WordPieceOptions): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    ...(style === 'bert' ? bertSteps() : bagSteps()),
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

function bertSteps(): object {
  return {
    added_tokens: SPECIAL_TOKENS.map(addedToken),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: true,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: frame(),
  };
}

/** `normalize` and `words` of words.ts. */
function bagSteps(): object {
  const steps = [
    { type: 'NFKD' },
    { type: 'Replace', pattern: { Regex: MARKS_PATTERN }, content: '' },
    { type: 'Lowercase' },
  ];
  return {
    added_tokens: [],
    normalizer: { type: 'Sequence', normalizers: steps },
    pre_tokenizer: { type: 'Split', pattern: { Regex: WORD_PATTERN }, behavior: 'Removed', invert: true },
    post_processor: null,
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

function tokenizerConfig({ maxTokens, style }: WordPieceOptions): object {
  const bert = {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
    strip_accents: true,
    tokenize_chinese_chars: true,
    cls_token: '[CLS]',
    sep_token: '[SEP]',
  };
  return {
    ...(style === 'bert' ? bert : { tokenizer_class: 'PreTrainedTokenizerFast' }),
    model_max_length: maxTokens,
    pad_token: '[PAD]',
    unk_token: '[UNK]',
  };
}
