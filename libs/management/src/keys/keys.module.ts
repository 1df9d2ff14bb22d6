import { type DynamicModule, type InjectionToken, Module } from '@nestjs/common';
import { KeyHasher, parseEncryptionKeys, type Secret, SecretBox } from '@penstock/platform';

import { KeySecrets } from './key-secret.js';
import { KeyValues } from './key-values.js';
import { OwnedKeys } from './owned-keys.js';

const KEYS_OPTIONS = Symbol('KeysOptions');

/** What values of virtual keys are looked up and sealed with: the same in every app, and in the gateways. */
export interface KeysOptions {
  readonly hashSecret: Secret;
  /** Versioned; the last one seals. Other secrets of the app are sealed with them too. */
  readonly encryptionKeys: Secret;
}

/** Virtual keys and their values, once for a whole app. */
@Module({})
export class KeysModule {
  static forRootAsync<T extends unknown[]>(source: {
    inject: { [I in keyof T]: InjectionToken<T[I]> };
    useFactory: (...services: T) => KeysOptions;
  }): DynamicModule {
    return {
      module: KeysModule,
      global: true,
      providers: [
        { provide: KEYS_OPTIONS, ...source },
        {
          provide: KeyHasher,
          inject: [KEYS_OPTIONS],
          useFactory: ({ hashSecret }: KeysOptions) => new KeyHasher(hashSecret),
        },
        {
          provide: SecretBox,
          inject: [KEYS_OPTIONS],
          useFactory: ({ encryptionKeys }: KeysOptions) => new SecretBox(parseEncryptionKeys(encryptionKeys)),
        },
        KeySecrets,
        KeyValues,
        OwnedKeys,
      ],
      exports: [KeyHasher, KeySecrets, KeyValues, OwnedKeys, SecretBox],
    };
  }
}
