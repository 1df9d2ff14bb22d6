import { bootstrap, loadConfigOrExit, setupOpenApi } from '@penstock/platform';

import { AppModule } from './app.module.js';
import { GatewayConfig } from './config.js';
import { openApiOptions } from './openapi-options.js';
import { passBodiesThrough } from './pass-bodies-through.js';

const config = loadConfigOrExit(GatewayConfig);

await bootstrap({
  name: 'gateway',
  module: AppModule,
  config,
  port: config.GATEWAY_PORT,
  surface: 'gateway',
  hasAccessLog: false,
  configure: (app) => {
    passBodiesThrough(app);
    setupOpenApi(app, openApiOptions);
  },
});
