/** `scripts/run.mjs` tells when the user pressed Enter, so that the clock does not start again here. */
const startedAtMs = Number(process.env['PENSTOCK_STARTED_AT_MS'] ?? Date.now());

/** One short line with the time since the start. */
export function say(text: string): void {
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1).padStart(5);
  process.stderr.write(`penstock ${seconds} s  ${text}\n`);
}
