import { readConfig } from './config.js';
import { say } from './progress.js';
import { LocalStack } from './stack.js';
import type { StartError } from './start-error.js';
import { toStartError } from './stores.js';

/** A terminal's Ctrl-C also reaches npm and our starter, which pass it on: within this time it is still the same one. */
const SAME_CTRL_C_MS = 500;

function report(error: StartError): void {
  if (error.output !== '') process.stderr.write(`${error.output.trimEnd()}\n`);
  for (const sentence of error.message.split('\n')) say(sentence);
}

async function main(): Promise<void> {
  let stopping: Promise<void> | undefined;
  let firstSignalAtMs = 0;
  const stack = new LocalStack(readConfig(process.env), (error) => {
    report(error);
    process.exitCode = 1;
    stopping ??= stack.stop();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping === undefined) {
        firstSignalAtMs = performance.now();
        say('stopping in order; Ctrl-C again to stop at once');
        stopping = stack.stop();
      } else if (performance.now() - firstSignalAtMs > SAME_CTRL_C_MS) {
        say('stopping at once');
        void stack.force().finally(() => process.exit(130));
      }
    });
  }
  try {
    await stack.start();
  } catch (error) {
    if (stopping === undefined) {
      report(toStartError(error));
      process.exitCode = 1;
      stopping = stack.stop({ isQuiet: true });
    }
  }
  await stopping;
}

try {
  await main();
} catch (error) {
  report(toStartError(error));
  process.exitCode = 1;
}
