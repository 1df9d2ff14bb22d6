declare global {
  interface JSON {
    /** Standard in Node 22 and later; TypeScript's ES2024 library does not know it yet. */
    rawJSON(text: string): object;
  }
}

/** A JSON number that `JSON.stringify` writes digit for digit, even where a double would round it. */
export type ExactJsonNumber = number | object;

/** Turns a decimal text of the database into a JSON number with the same digits. */
export function exactJsonNumber(decimal: string): ExactJsonNumber {
  const text = decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
  const value = Number(text);
  return String(value) === text ? value : JSON.rawJSON(text);
}
