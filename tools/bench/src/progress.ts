/** Tells on stderr what is going on; stdout is for results. */
export function progress(message: string): void {
  process.stderr.write(`bench: ${message}\n`);
}
