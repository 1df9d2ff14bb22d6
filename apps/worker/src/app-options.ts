import type { AppOptions } from '@penstock/platform';

import { AppModule } from './app.module.js';

/** What the worker is, for the process and for tests. It has no API: any envelope will do for a 404. */
export const appOptions = {
  name: 'worker',
  module: AppModule,
  surface: 'governance',
} satisfies Omit<AppOptions, 'config'>;
