import { bootstrap, loadConfigOrExit } from '@penstock/platform';

import { appOptions } from './app-options.js';
import { WorkerConfig } from './config.js';

const config = loadConfigOrExit(WorkerConfig);
await bootstrap({ ...appOptions, config, port: config.WORKER_PORT });
