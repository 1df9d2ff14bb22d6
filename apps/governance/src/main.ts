import { bootstrap, loadConfigOrExit, setupOpenApi } from '@penstock/platform';

import { AppModule } from './app.module.js';
import { GovernanceConfig } from './config.js';
import { openApiOptions } from './openapi-options.js';

const config = loadConfigOrExit(GovernanceConfig);
await bootstrap({
  name: 'governance',
  module: AppModule,
  config,
  surface: 'governance',
  port: config.GOVERNANCE_PORT,
  configure: (app) => setupOpenApi(app, openApiOptions),
});
