import { Inject, Injectable } from '@nestjs/common';
import { NEGATIVE_SNAPSHOT, type PolicySnapshot, snapshotKey } from '@penstock/dto';
import { REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';

/** Only collects garbage: a snapshot that is too old is found by its epoch, however long it lies here. */
const SNAPSHOT_TTL_MS = 24 * 3_600_000;
/** How long an unknown credential is answered without asking the database. A new key drops its entry at once. */
const NEGATIVE_TTL_MS = 5_000;

/** KEYS snapshot; ARGV json, tenant, epoch, ttl. Keeps what a newer read of the same tenant has left. */
const STORE_SCRIPT = `
local stored = redis.call('GET', KEYS[1])
if stored and stored ~= '${NEGATIVE_SNAPSHOT}' then
  local ok, snapshot = pcall(cjson.decode, stored)
  if ok and snapshot.tenantId == ARGV[2] and tonumber(snapshot.epoch) > tonumber(ARGV[3]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[4])
return 1
`.trim();

/** The second-level snapshot cache, which gateways read without asking us. */
@Injectable()
export class SnapshotCache {
  constructor(@Inject(REDIS_COMMAND) private readonly redis: Redis) {}

  async store(keyHash: string, snapshot: PolicySnapshot): Promise<void> {
    const args = [JSON.stringify(snapshot), snapshot.tenantId, snapshot.epoch, SNAPSHOT_TTL_MS];
    await this.redis.eval(STORE_SCRIPT, 1, snapshotKey(keyHash), ...args);
  }

  /** Never replaces a snapshot: a look-up that began before the key was created must not hide it. */
  async storeUnknown(keyHash: string): Promise<void> {
    await this.redis.set(snapshotKey(keyHash), NEGATIVE_SNAPSHOT, 'PX', NEGATIVE_TTL_MS, 'NX');
  }
}
