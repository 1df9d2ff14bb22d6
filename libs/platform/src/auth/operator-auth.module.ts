import { Module, type DynamicModule, type InjectionToken, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';

import { AdminKeyStrategy } from './admin-key.strategy.js';
import { CredentialGuard } from './credential.guard.js';
import { OPERATOR_AUTH_OPTIONS, type OperatorAuthOptions } from './operator-auth-options.js';
import { OperatorTokenStrategy } from './operator-token.strategy.js';
import { RefusalAudit } from './refusal-audit.js';
import { RoleGuard } from './role.guard.js';
import { TeamKeyStrategy } from './team-key.strategy.js';

/**
 * Closes every route of the app to all but operators; `@TeamOnly()`, `@TeamOrOperator()`, `@ServiceRoute()` and
 * `@Public()` open single ones to others.
 */
@Module({})
export class OperatorAuthModule {
  static forRoot(options: OperatorAuthOptions): DynamicModule {
    return moduleWith({ provide: OPERATOR_AUTH_OPTIONS, useValue: options });
  }

  /** For options that come from injected services, such as the configuration. */
  static forRootAsync<T extends unknown[]>(source: {
    inject: { [I in keyof T]: InjectionToken<T[I]> };
    useFactory: (...services: T) => OperatorAuthOptions;
  }): DynamicModule {
    return moduleWith({ provide: OPERATOR_AUTH_OPTIONS, ...source });
  }
}

function moduleWith(options: Provider): DynamicModule {
  return {
    module: OperatorAuthModule,
    global: true,
    imports: [PassportModule],
    providers: [
      options,
      AdminKeyStrategy,
      OperatorTokenStrategy,
      TeamKeyStrategy,
      RefusalAudit,
      CredentialGuard,
      RoleGuard,
      // In this order: who is it, then what may they do.
      { provide: APP_GUARD, useExisting: CredentialGuard },
      { provide: APP_GUARD, useExisting: RoleGuard },
    ],
    exports: [OPERATOR_AUTH_OPTIONS, RefusalAudit],
  };
}
