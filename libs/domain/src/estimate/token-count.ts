/**
 * Text is counted in slices of this size. The time for a word grows with the square of its length, and a prompt may be
 * one word: this bounds what anybody can make a gateway spend on one.
 */
const SLICE_CHARS = 1_024;
/** A cut changes how the word around it is merged, by chance for the better: the sum stays a bound with this added. */
const CUT_TOKENS = 4;
/** Longest that counting holds up other calls. */
const TURN_MS = 5;
/** Words whose tokens are remembered; the library's default would let prompts fill the memory. */
const WORDS_REMEMBERED = 2_000;

/** A vocabulary of OpenAI. */
export type Encoding = 'o200k_base' | 'cl100k_base';

type CountTokens = (text: string) => number;
interface Tokeniser {
  countTokens(text: string, options: object): number;
  setMergeCacheSize(size: number): void;
}

/** Each is loaded when it is first needed: one takes about 80 MB, and traffic far from its limits needs none. */
const LOADERS: Readonly<Record<Encoding, () => Promise<Tokeniser>>> = {
  o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
  cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
};
const loaded = new Map<Encoding, Promise<CountTokens>>();

/**
 * The vocabulary that a provider is known to count a model's text with. Undefined for every other: a count in the
 * wrong vocabulary may be too small, and a bound that is too small spends money that nobody has.
 */
export function encodingOf(provider: string, model: string): Encoding | undefined {
  if (provider !== 'openai') return undefined;
  const base = model.startsWith('ft:') ? model.slice(3) : model;
  if (/^(gpt-4o|chatgpt-4o|gpt-4\.1|gpt-4\.5|gpt-5|o1|o3|o4)/.test(base)) return 'o200k_base';
  return /^(gpt-4($|-)|gpt-3\.5)/.test(base) ? 'cl100k_base' : undefined;
}

/** Counts tokens; of a long text a little more than there are, never less. */
export async function countTokens(text: string, encoding: Encoding = 'o200k_base'): Promise<number> {
  const count = await counterOf(encoding);
  let tokens = 0;
  let turnEndsMs = performance.now() + TURN_MS;
  for (let from = 0; from < text.length; from += SLICE_CHARS) {
    if (performance.now() >= turnEndsMs) {
      await new Promise((resolve) => setImmediate(resolve));
      turnEndsMs = performance.now() + TURN_MS;
    }
    tokens += count(text.slice(from, from + SLICE_CHARS)) + (from > 0 ? CUT_TOKENS : 0);
  }
  return tokens;
}

const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * Counts the tokens of all text in a JSON text, its syntax included. Escapes are undone first, because that is what a
 * provider reads, and some characters are cheaper in their escaped form.
 */
export function countJsonTokens(json: string, encoding?: Encoding): Promise<number> {
  const text = json.replace(/\\(?:u([\da-f]{4})|(.))/gi, (_escape, code: string | undefined, char: string) =>
    code === undefined ? (ESCAPED[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  );
  return countTokens(text, encoding);
}

function counterOf(encoding: Encoding): Promise<CountTokens> {
  let counter = loaded.get(encoding);
  if (counter === undefined) {
    // Text that looks like a control token is text here: a prompt must not be able to make counting fail.
    const options = { disallowedSpecial: new Set<string>() };
    counter = LOADERS[encoding]().then((tokeniser) => {
      tokeniser.setMergeCacheSize(WORDS_REMEMBERED);
      return (slice) => tokeniser.countTokens(slice, options);
    });
    loaded.set(encoding, counter);
  }
  return counter;
}
