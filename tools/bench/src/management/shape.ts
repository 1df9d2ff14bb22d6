/**
 * Where two JSON documents differ in fields or types, each as one sentence; values do not matter. Of arrays the first
 * items are compared, if both have one.
 */
export function differencesOfShape(expected: unknown, actual: unknown, path = '$'): string[] {
  const [wanted, found] = [typeOf(expected), typeOf(actual)];
  if (wanted !== found) return [`${path} is ${found} instead of ${wanted}`];
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length === 0 || actual.length === 0) return [];
    return differencesOfShape(expected[0], actual[0], `${path}[0]`);
  }
  if (wanted !== 'object') return [];
  const left = expected as Readonly<Record<string, unknown>>;
  const right = actual as Readonly<Record<string, unknown>>;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((name) => {
    if (!(name in right)) return [`${path}.${name} is missing`];
    if (!(name in left)) return [`${path}.${name} is too much`];
    return differencesOfShape(left[name], right[name], `${path}.${name}`);
  });
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
