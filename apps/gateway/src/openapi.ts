import { writeOpenApi } from '@penstock/platform';

import { AppModule } from './app.module.js';
import { GatewayConfig } from './config.js';
import { openApiOptions } from './openapi-options.js';

const file = process.argv[2];
if (file === undefined) {
  process.stderr.write('usage: openapi.js <file>\n');
  process.exitCode = 2;
} else {
  await writeOpenApi(AppModule, file, { ...openApiOptions, config: new GatewayConfig() });
}
