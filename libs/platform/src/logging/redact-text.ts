const patterns: readonly [RegExp, string][] = [
  [/\bsk-[A-Za-z0-9_-]{6,}/g, 'sk-[redacted]'],
  [/\bwhsec_[A-Za-z0-9+/=]{6,}/g, 'whsec_[redacted]'],
  // A JSON Web Token: three parts, of which the first begins with {" in base64.
  [/\beyJ[\w-]{6,}\.[\w-]+\.[\w-]+/g, '[redacted token]'],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, '$1 [redacted]'],
  [/(:\/\/)[^\s/@"']+@/g, '$1[redacted]@'],
];

/** Takes keys, bearer tokens and URL credentials out of free text, such as the message of a driver's error. */
export function redactText(text: string): string {
  return patterns.reduce((current, [pattern, replacement]) => current.replace(pattern, replacement), text);
}
