/**
 * Cuts a document into chunks that fit a model's window. Tokens do not add up (a word costs more or less next to
 * another), so the sum over short pieces only steers; what decides is the count of the very text that will be sent.
 * Truncation, which silently drops the end of a text, therefore never happens.
 *
 * Cost: every piece is counted once on its own and every chunk about twice, whatever the length of the text. Nothing
 * longer than a few chunks is ever tokenized in one go: tokenizers.js spreads a text's tokens over the call stack and
 * overflows it beyond some 100,000.
 */
import { PlumblineError } from '../errors.ts';
import { BORDER, characterBorder, cutIntoPieces, type Pieces } from './borders.ts';
import type { ChunkSpan } from './embedder.ts';

export interface TokenCounter {
  /** Tokens of a piece on its own, without prefix and special tokens: about what it adds to a chunk. */
  count(piece: string): number;
  /** Tokens that the model is sent for a text, prefix and special tokens included: exact. */
  countSent(text: string): number;
}

export interface ChunkLimits {
  /** Upper bound for a chunk as it is sent. */
  readonly maxTokens: number;
  /** Tokens that a chunk shares with the one before, at most; never more than half a chunk. */
  readonly overlapTokens: number;
}

/**
 * A longer text (characters per token of the window) is not asked whether it fits as a whole, because asking costs
 * time and stack. Real text has 1 to 6; only white space and what a tokenizer takes for one unknown word exceed this.
 */
const MAX_CHARS_PER_TOKEN = 32;
/** A chunk below this share of the window, though more text follows, is measured again with what was just learnt. */
const GOOD_FILL = 0.7;
/** Bounds for tokens really sent per token estimated: keeps one odd chunk from misleading the next. */
const MIN_SCALE = 0.2;
const MAX_SCALE = 4;
/** A longer gap of white space is never inside a chunk; counting it would cost more than it is worth. */
const MAX_GAP_CHARS = 256;

/**
 * The chunks of a text, in order. A text that fits is one chunk, the whole of it. Otherwise each chunk ends at the best
 * border in the second half of what fits, begins and ends without white space, and together they cover every character
 * that is not white (except where the tokenizer sees no token at all: there is nothing to embed there). A single
 * character that exceeds the window on its own is a chunk beyond the limit; embedding it fails in the open.
 *
 * @throws PlumblineError `CHUNK_TOO_SMALL` where the limit leaves no room beside prefix and special tokens.
 */
export function chunkSpans(text: string, limits: ChunkLimits, counter: TokenCounter): ChunkSpan[] {
  const overhead = counter.countSent('');
  if (limits.maxTokens <= overhead) throw noRoom(limits.maxTokens, overhead);
  const spans = wholeText(text, limits, counter) ?? new Chunker(text, limits, counter, overhead).run();
  return spans.filter((span) => span.tokens > overhead);
}

function noRoom(maxTokens: number, overhead: number): PlumblineError {
  return new PlumblineError(
    'CHUNK_TOO_SMALL',
    `chunks of ${maxTokens} tokens leave no room for text: prefix and special tokens take ${overhead}`,
    { hint: `Set chunking.maxTokens to at least ${overhead + 32}.` },
  );
}

function wholeText(text: string, limits: ChunkLimits, counter: TokenCounter): ChunkSpan[] | null {
  if (!/\S/.test(text)) return [];
  if (text.length > limits.maxTokens * MAX_CHARS_PER_TOKEN) return null;
  const tokens = counter.countSent(text);
  return tokens <= limits.maxTokens ? [{ start: 0, end: text.length, tokens }] : null;
}

/** Pieces [first, end) as one chunk. */
interface Draft {
  readonly end: number;
  readonly tokens: number;
}

class Chunker {
  readonly #text: string;
  readonly #pieces: Pieces;
  readonly #counter: TokenCounter;
  readonly #limit: number;
  readonly #overhead: number;
  readonly #overlap: number;
  /** Estimated tokens of the pieces before i, gaps included, and of the gap before piece i. */
  readonly #sums: Float64Array;
  readonly #gaps: Float64Array;
  /** Tokens sent per token estimated, as the last chunk showed. */
  #scale = 1;

  constructor(text: string, limits: ChunkLimits, counter: TokenCounter, overhead: number) {
    this.#text = text;
    this.#counter = counter;
    this.#limit = limits.maxTokens;
    this.#overhead = overhead;
    this.#overlap = Math.min(limits.overlapTokens, Math.floor((limits.maxTokens - overhead) / 2));
    this.#pieces = cutIntoPieces(text);
    const count = this.#pieces.starts.length;
    this.#sums = new Float64Array(count + 1);
    this.#gaps = new Float64Array(count);
    this.#estimatePieces(count);
  }

  run(): ChunkSpan[] {
    const count = this.#pieces.starts.length;
    const spans: ChunkSpan[] = [];
    let first = 0;
    let done = 0;
    while (done < count) {
      const draft = this.#draft(first, done);
      if (draft === null && first < done) {
        first = done; // With the overlap nothing new fits.
      } else if (draft === null) {
        this.#addTooLong(this.#start(first), this.#end(first), spans);
        done = first += 1;
      } else {
        spans.push({ start: this.#start(first), end: this.#end(draft.end - 1), tokens: draft.tokens });
        done = draft.end;
        first = done < count ? this.#overlapStart(first, done) : done;
      }
    }
    return spans;
  }

  #estimatePieces(count: number): void {
    for (let piece = 0; piece < count; piece++) {
      const start = this.#start(piece);
      const gap = start - (piece === 0 ? 0 : this.#end(piece - 1));
      const word = this.#text.slice(start, this.#end(piece));
      // Byte-level and SentencePiece vocabularies hold most words with the space before them.
      const tokens = this.#counter.count(gap > 0 ? ` ${word}` : word);
      this.#gaps[piece] = this.#gapTokens(start - gap, start);
      this.#sums[piece + 1] = (this.#sums[piece] ?? 0) + (this.#gaps[piece] ?? 0) + tokens;
    }
  }

  #gapTokens(start: number, end: number): number {
    if (end - start <= 1) return 0;
    if (end - start > MAX_GAP_CHARS) return this.#limit / MIN_SCALE;
    return this.#counter.count(this.#text.slice(start, end));
  }

  /** The best chunk that starts with piece `first` and ends after piece `after`; null if no such chunk fits. */
  #draft(first: number, after: number): Draft | null {
    let mayGrow = true;
    for (;;) {
      const far = this.#furthest(first);
      if (far <= after) return null;
      const end = this.#bestEnd(first, after, far);
      const tokens = this.#counter.countSent(this.#slice(first, end));
      const measured = (tokens - this.#overhead) / Math.max(1, this.#estimate(first, end));
      if (tokens > this.#limit) {
        if (end === first + 1) return null;
        // At least a tenth less each time, so that this ends, whatever the tokenizer does.
        this.#scale = Math.max(measured, this.#scale) * 1.1;
        continue;
      }
      const couldHold = measured * this.#estimate(first, far);
      this.#scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, measured));
      const full = far === this.#count || couldHold >= GOOD_FILL * (this.#limit - this.#overhead);
      if (full || !mayGrow) return { end, tokens };
      mayGrow = false;
    }
  }

  /** The end of the longest run of pieces from `first` that should fit; at least one piece. */
  #furthest(first: number): number {
    const budget = (this.#limit - this.#overhead) / this.#scale;
    const bound = (this.#sums[first] ?? 0) + (this.#gaps[first] ?? 0) + budget;
    let low = first + 1;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#sums[middle] ?? 0) <= bound) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The best border in the second half of [first, far), the last of equals; everything if it reaches the end. */
  #bestEnd(first: number, after: number, far: number): number {
    if (far === this.#count) return far;
    const half = this.#estimate(first, far) / 2;
    let best = far;
    for (let end = far - 1; end > after && end > first && this.#estimate(first, end) >= half; end--) {
      if (this.#rank(end) > this.#rank(best)) best = end;
    }
    return best;
  }

  /** Where the chunk after [first, end) starts: the first sentence (else word) whose tail up to `end` may be shared. */
  #overlapStart(first: number, end: number): number {
    let start = end;
    let sentence = end;
    while (start - 1 > first && this.#estimate(start - 1, end) * this.#scale <= this.#overlap) {
      start -= 1;
      if (this.#rank(start) >= BORDER.sentence) sentence = start;
    }
    if (sentence < end) start = sentence;
    while (start < end && this.#rank(start) === BORDER.hard) start += 1;
    while (start < end && this.#counter.count(this.#slice(start, end)) > this.#overlap) {
      start += Math.ceil((end - start) / 4);
    }
    return start;
  }

  /** A piece that exceeds the window on its own: halved between characters until its parts fit. */
  #addTooLong(start: number, end: number, spans: ChunkSpan[]): void {
    const tokens = this.#counter.countSent(this.#text.slice(start, end));
    const middle = characterBorder(this.#text, start + Math.ceil((end - start) / 2));
    if (tokens <= this.#limit || middle <= start || middle >= end) {
      spans.push({ start, end, tokens });
      return;
    }
    this.#addTooLong(start, middle, spans);
    this.#addTooLong(middle, end, spans);
  }

  get #count(): number {
    return this.#pieces.starts.length;
  }

  #start(piece: number): number {
    return this.#pieces.starts[piece] ?? this.#text.length;
  }

  #end(piece: number): number {
    return this.#pieces.ends[piece] ?? this.#text.length;
  }

  /** Rank of the border before a piece. */
  #rank(piece: number): number {
    return this.#pieces.ranks[piece] ?? BORDER.paragraph;
  }

  #slice(first: number, end: number): string {
    return this.#text.slice(this.#start(first), this.#end(end - 1));
  }

  /** Estimated tokens of pieces [first, end) without the gap before them. */
  #estimate(first: number, end: number): number {
    return (this.#sums[end] ?? 0) - (this.#sums[first] ?? 0) - (this.#gaps[first] ?? 0);
  }
}
