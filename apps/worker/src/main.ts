import { bootstrap, loadConfigOrExit } from '@penstock/platform';

import { AppModule } from './app.module.js';
import { WorkerConfig } from './config.js';

const config = loadConfigOrExit(WorkerConfig);
await bootstrap({ name: 'worker', module: AppModule, config, surface: 'governance', port: config.WORKER_PORT });
