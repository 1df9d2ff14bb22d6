// The decorators below read metadata when this module is loaded, whoever loads it first.
import 'reflect-metadata';

import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, Equals, IsArray, IsString, IsUUID, ValidateNested } from 'class-validator';

/** Queue of settled calls on their way to PostgreSQL. */
export const USAGE_RECORD_QUEUE = 'usage-record';

/** Refills and expiries of credits that are due. Its jobs say nothing: what is due is in PostgreSQL. */
export const CREDIT_UPKEEP_QUEUE = 'credit-upkeep';

/** Most outbox entries that one job may name; bounds the worker's transaction. */
export const USAGE_BATCH_MAX = 1_000;

/** Outbox entries of one tenant. */
export class UsageRecordBatch {
  @IsString()
  tenantId!: string;

  /** Hold ids; the records themselves stay in the tenant's outbox, so a job may be delivered twice. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(USAGE_BATCH_MAX)
  @IsUUID(undefined, { each: true })
  ids!: string[];
}

/** Payload of a `usage-record` job. New fields must be optional: jobs of the previous release are still in the queue. */
export class UsageRecordJob {
  @Equals(1)
  schemaVersion!: 1;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => UsageRecordBatch)
  batches!: UsageRecordBatch[];
}
