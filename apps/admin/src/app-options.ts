import { type AppOptions, setupOpenApi } from '@penstock/platform';

import { AppModule } from './app.module.js';
import { takePrompts } from './jobs/calls/take-prompts.js';
import { openApiOptions } from './openapi-options.js';

/** What the admin service is, for the process and for tests. */
export const appOptions = {
  name: 'admin',
  module: AppModule,
  surface: 'admin',
  configure: (app) => {
    takePrompts(app.getHttpAdapter().getInstance());
    return setupOpenApi(app, openApiOptions);
  },
} satisfies Omit<AppOptions, 'config'>;
