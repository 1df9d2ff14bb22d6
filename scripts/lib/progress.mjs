const startedAt = performance.now();

/** Something the user can act on: the message is the whole story, `output` what the failing program said. */
export class Failure extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

/** One short line with the time since the start. */
export function say(text) {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
  process.stderr.write(`penstock ${seconds} s  ${text}\n`);
}
