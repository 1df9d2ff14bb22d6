import { readConfig } from './config.js';
import { startSimulator } from './server.js';

const simulator = await startSimulator(readConfig(process.env));
process.stdout.write(`simulator listening on ${simulator.url}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void simulator.close().then(() => process.exit(0)));
}
