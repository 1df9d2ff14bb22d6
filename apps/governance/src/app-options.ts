import { type AppOptions, setupOpenApi } from '@penstock/platform';

import { AppModule } from './app.module.js';
import { openApiOptions } from './openapi-options.js';

/** What the governance service is, for the process and for tests. */
export const appOptions = {
  name: 'governance',
  module: AppModule,
  surface: 'governance',
  // Limits reach 2^63 - 1 and are echoed digit for digit.
  keepsLargeIntegers: true,
  configure: (app) => setupOpenApi(app, openApiOptions),
} satisfies Omit<AppOptions, 'config'>;
