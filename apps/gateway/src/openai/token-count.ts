/** Text is counted in slices of this size, so that a long prompt does not hold up other calls. */
const SLICE_CHARS = 16_384;

type CountTokens = (text: string) => number;
let counting: Promise<CountTokens> | undefined;

/**
 * Counts tokens with OpenAI's `o200k_base`. Cutting the text into slices can only raise the count. The vocabulary
 * (about 80 MB in memory) is loaded when it is first needed, which is never for traffic that is far from its limits.
 */
export async function countTokens(text: string): Promise<number> {
  counting ??= import('gpt-tokenizer/encoding/o200k_base').then((encoding) => {
    // Text that looks like a control token is text here: a prompt must not be able to make counting fail.
    const options = { disallowedSpecial: new Set<string>() };
    return (slice) => encoding.countTokens(slice, options);
  });
  const count = await counting;
  let tokens = 0;
  for (let from = 0; from < text.length; from += SLICE_CHARS) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    tokens += count(text.slice(from, from + SLICE_CHARS));
  }
  return tokens;
}
