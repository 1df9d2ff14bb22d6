import { Global, Module } from '@nestjs/common';

import { SessionCache } from './session-cache.js';

/** Logins of operators, as every app that lets them in looks them up. */
@Global()
@Module({ providers: [SessionCache], exports: [SessionCache] })
export class OperatorLoginsModule {}
