import { bootstrap, loadConfigOrExit } from '@penstock/platform';

import { appOptions } from './app-options.js';
import { AdminConfig } from './config.js';

const config = loadConfigOrExit(AdminConfig);
await bootstrap({ ...appOptions, config, port: config.ADMIN_PORT });
