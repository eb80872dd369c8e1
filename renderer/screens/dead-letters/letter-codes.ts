/** What the codes of dead letters mean, and what helps: for people who have not read the docs. Pure. */
import type { DeadLetter } from '../../../engine/contract.ts';

export interface CodeFacts {
  readonly meaning: string;
  /** What a person can do about it. */
  readonly remedy: string;
}

const KNOWN: Readonly<Record<string, CodeFacts>> = {
  NULL_KEY: {
    meaning:
      'a key column of the row holds NULL: nothing tells it from other rows, so it can neither be indexed nor found again',
    remedy:
      'Give the row a key in the source, or choose other key columns in the settings. Rows that are meant to be like that can be excluded, all together that print the same key.',
  },
  BLOB_NOT_TEXT: {
    meaning: 'a column that the template uses holds bytes that are no text',
    remedy: 'Mend the value in the source, or leave the column out of the template.',
  },
  TEXT_TOO_LONG: {
    meaning: 'the text is longer than can be split',
    remedy: 'Shorten it in the source, or leave a column out of the template.',
  },
  TEXT_WITHOUT_TOKENS: {
    meaning: 'the text holds nothing that the model can read',
    remedy: 'Use a model that knows its script, or exclude the row.',
  },
  TOKENIZER_FAILED: {
    meaning: 'the model’s tokenizer could not take the text apart',
    remedy: 'Look at the text for what is unusual in it; another model may read it.',
  },
  VECTOR_NOT_FINITE: {
    meaning: 'the model gave a vector that is not made of numbers',
    remedy: 'Try again; where it stays, the model is at fault with this text.',
  },
  THREAD_DIED: {
    meaning: 'the thread that embedded the text came down, each time',
    remedy: 'Try again once there is more memory; a text that always does it can be excluded.',
  },
};

const STAGES: Readonly<Record<DeadLetter['stage'], CodeFacts>> = {
  read: { meaning: 'the row could not be read', remedy: 'Look at the row in the source, then try again.' },
  render: {
    meaning: 'the row could not be turned into text',
    remedy: 'Look at the row’s values and the template, then try again.',
  },
  split: {
    meaning: 'the text could not be split into passages',
    remedy: 'Look at the text, then try again.',
  },
  embed: {
    meaning: 'the text could not be embedded',
    remedy: 'Look at the text and the model, then try again.',
  },
};

/** Newer servers have codes that this page does not know: then the stage says what happened. */
export const codeFacts = ({ code, stage }: Pick<DeadLetter, 'code' | 'stage'>): CodeFacts =>
  KNOWN[code] ?? STAGES[stage];

export const stageLabels: Readonly<Record<DeadLetter['stage'], string>> = {
  read: 'Reading',
  render: 'Rendering',
  split: 'Splitting',
  embed: 'Embedding',
};
