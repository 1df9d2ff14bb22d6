/** Names listed in a refusal; a longer list would be no help. */
const NAMES_MAX = 50;

/** The names that would be allowed, as a refusal lists them: the first ones, and how many there are besides. */
export function listedNames(names: readonly string[]): { allowed: readonly string[]; allowed_more?: number } {
  const more = names.length - NAMES_MAX;
  return { allowed: names.slice(0, NAMES_MAX), ...(more > 0 ? { allowed_more: more } : {}) };
}
