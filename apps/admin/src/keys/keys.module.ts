import { Global, Module } from '@nestjs/common';
import { KeySecrets, KeyValues, OwnedKeys } from '@penstock/management';
import { KeyHasher, parseEncryptionKeys, SecretBox } from '@penstock/platform';

import { AdminConfig } from '../config.js';

/** Virtual keys of teams: their values, sealed with the same keys and hashed with the same secret as governance's. */
@Global()
@Module({
  providers: [
    {
      provide: KeyHasher,
      inject: [AdminConfig],
      useFactory: (config: AdminConfig) => new KeyHasher(config.PENSTOCK_KEY_HASH_SECRET),
    },
    {
      provide: SecretBox,
      inject: [AdminConfig],
      useFactory: (config: AdminConfig) => new SecretBox(parseEncryptionKeys(config.PENSTOCK_ENCRYPTION_KEYS)),
    },
    KeySecrets,
    KeyValues,
    OwnedKeys,
  ],
  exports: [KeyHasher, KeySecrets, KeyValues, OwnedKeys, SecretBox],
})
export class KeysModule {}
