/** Sentences filled with words: what the sample shop's products, orders, reviews and customer notes say. */
import { FIRST_NAMES } from './people.ts';
import { PRODUCT_KINDS, type ProductKind } from './products.ts';
import type { Random } from './random.ts';
import { COMMENTS, DESCRIPTION, MAKERS, NOTES, REVIEWS, SERIES, WORDS } from './sentences.ts';

/** What a text is about. */
export interface Subject {
  readonly kind: ProductKind;
  readonly name: string;
}

/** A product's name and kind. */
export function inventSubject(random: Random): Subject {
  const kind = random.pick(PRODUCT_KINDS);
  const model = random.chance(0.6) ? ` ${random.between(1, 99) * 10}` : '';
  return { kind, name: `${random.pick(MAKERS)} ${random.pick(SERIES)}${model} ${kind.noun}` };
}

/** A product description: plain or HTML, one in twenty several paragraphs long. */
export function describe(subject: Subject, random: Random): string {
  const isLong = random.chance(0.05);
  const paragraphs = [sentences(DESCRIPTION.opening, 1, subject, random).join(' ')];
  const details = sentences(
    DESCRIPTION.detail,
    isLong ? random.between(16, 40) : random.between(2, 5),
    subject,
    random,
  );
  while (details.length > 0) paragraphs.push(details.splice(0, isLong ? 5 : 3).join(' '));
  if (random.chance(0.7)) paragraphs.push(sentences(DESCRIPTION.closing, 1, subject, random).join(' '));
  return random.chance(0.3) ? asHtml(paragraphs, subject, random) : paragraphs.join('\n\n');
}

/** A customer's message with an order. */
export function comment(subject: Subject, random: Random): string {
  const topic = random.pick(TOPICS);
  const write = (about: keyof typeof COMMENTS, count = 1): string[] =>
    sentences(COMMENTS[about], count, subject, random);
  const text = write(topic, random.chance(0.4) ? 2 : 1);
  if ((topic === 'broken' || topic === 'late') && random.chance(0.6)) text.push(...write('demand'));
  if (random.chance(0.55)) text.push(...write('closing'));
  return text.join(' ');
}

/** Title and body of a review; `rating` from 1 to 5. */
export function review(subject: Subject, rating: number, random: Random): { title: string; body: string } {
  const { titles, sentences: patterns } =
    rating >= 4 ? REVIEWS.good : rating === 3 ? REVIEWS.mixed : REVIEWS.bad;
  const title = fill(random.pick(titles), subject, random);
  return { title, body: sentences(patterns, random.between(2, 4), subject, random).join(' ') };
}

/** A note of the staff about a customer. */
export function note(random: Random): string {
  const subject = { kind: random.pick(PRODUCT_KINDS), name: '' };
  return sentences(NOTES, random.between(1, 3), subject, random).join(' ');
}

/** More messages are about trouble than about invoices. */
const TOPICS: readonly (keyof typeof COMMENTS)[] = [
  ...(['delivery', 'delivery', 'late', 'late', 'broken', 'broken', 'broken', 'gift'] as const),
  ...(['question', 'question', 'praise', 'praise', 'business'] as const),
];

/** `count` sentences from a random one on; a pattern comes back only after all the others. */
function sentences(patterns: readonly string[], count: number, subject: Subject, random: Random): string[] {
  const start = random.below(patterns.length);
  return Array.from({ length: count }, (_, i) =>
    fill(patterns[(start + i) % patterns.length] ?? '', subject, random),
  );
}

function asHtml(paragraphs: readonly string[], { kind }: Subject, random: Random): string {
  const items = kind.features.map((feature) => `<li>${escapeHtml(capitalize(feature))}</li>`).join('');
  const body = paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n');
  return random.chance(0.5) ? `${body}\n<ul>${items}</ul>` : `<h3>${escapeHtml(kind.category)}</h3>\n${body}`;
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' minutes', '&nbsp;minutes');

/** A pattern as alternating literal text and slots, split once: patterns are filled a million times. */
const splitPatterns = new Map<string, readonly string[]>();

function fill(pattern: string, subject: Subject, random: Random): string {
  let parts = splitPatterns.get(pattern);
  if (parts === undefined) {
    parts = pattern.split(/[{}]/);
    splitPatterns.set(pattern, parts);
  }
  let text = '';
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? '';
    text += i % 2 === 0 ? part : wordFor(part, text, subject, random);
  }
  return text;
}

function wordFor(slot: string, before: string, subject: Subject, random: Random): string {
  const made = MADE[slot];
  if (made !== undefined) return made(random);
  const plural = isPlural(subject.kind.noun);
  const wantsArticle = slot.startsWith('a ');
  const word = pickFresh(choices(wantsArticle ? slot.slice(2) : slot, subject, plural), before, random);
  const phrase = wantsArticle && !plural ? `${/^[aeiou]/i.test(word) ? 'an' : 'a'} ${word}` : word;
  return before === '' || /[.!?] $/.test(before) ? capitalize(phrase) : phrase;
}

function choices(slot: string, { kind, name }: Subject, plural: boolean): readonly string[] {
  switch (slot) {
    case 'noun':
      return [kind.noun];
    case 'name':
      return [name];
    case 'part':
      return kind.parts;
    case 'feature':
      return kind.features;
    case 'use':
      return kind.uses;
    case 'material':
      return kind.materials;
    default: {
      const words = NUMBER[slot]?.[plural ? 1 : 0] ?? WORDS[slot];
      if (words === undefined) throw new RangeError(`no words for {${slot}}`);
      return words;
    }
  }
}

/** Slots that are made up rather than picked. */
const MADE: Readonly<Record<string, (random: Random) => string>> = {
  first: (random) => random.pick(FIRST_NAMES),
  date: (random) => `${random.between(1, 28)} ${random.pick(MONTHS)}`,
  time: (random) => `${random.between(7, 21)}:${random.pick(['00', '15', '30', '45'])}`,
  reference: (random) => `${random.pick(['A', 'K', 'PO', 'R'])}-${random.between(10_000, 99_999)}`,
};
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']; // prettier-ignore

/** Words that agree with the noun: singular, plural. */
const NUMBER: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
  is: [['is'], ['are']],
  has: [['has'], ['have']],
  does: [['does'], ['do']],
  it: [['it'], ['they']],
  them: [['it'], ['them']],
  this: [['this'], ['these']],
};

const isPlural = (noun: string): boolean => /[^s]s$/.test(noun);

/** A word that the sentence does not have yet, if three tries find one. */
function pickFresh(words: readonly string[], before: string, random: Random): string {
  let word = random.pick(words);
  for (let i = 0; i < 3 && words.length > 1 && before.includes(word); i++) word = random.pick(words);
  return word;
}

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
