import { bootstrap, loadConfigOrExit } from '@penstock/platform';

import { appOptions } from './app-options.js';
import { GovernanceConfig } from './config.js';

const config = loadConfigOrExit(GovernanceConfig);
await bootstrap({ ...appOptions, config, port: config.GOVERNANCE_PORT });
