import { ApiProperty } from '@nestjs/swagger';
import { nanoUsd, nanoUsdToCents } from '@penstock/domain';
import type { AlertEntity } from '@penstock/entities';

/** Whom a budget belonged to when the alert was raised. */
export class AlertOwnerResponse {
  @ApiProperty({ type: String, example: 'team' })
  entity!: string;

  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, description: 'Its name at that moment.' })
  name!: string;
}

/** A budget reached a threshold, or would not last until the end of its window. Once per window. */
export class AlertResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: ['threshold', 'forecast'] })
  kind!: string;

  @ApiProperty({ type: String, format: 'uuid' })
  budget_id!: string;

  @ApiProperty({ type: String, format: 'uuid', description: 'The customer, team or key whose counters it counts in.' })
  tenant_id!: string;

  @ApiProperty({ type: [AlertOwnerResponse] })
  owners!: AlertOwnerResponse[];

  @ApiProperty({ type: String, format: 'date-time' })
  window_start_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  window_end_at!: string;

  @ApiProperty({ type: 'integer', required: false, description: 'Of a threshold: percent of the cap.' })
  threshold_percent?: number;

  @ApiProperty({ type: String, format: 'date-time', required: false, description: 'Of a forecast.' })
  exhausts_at?: string;

  @ApiProperty({ type: Number, description: 'Cents settled when the alert was raised.' })
  used!: number;

  @ApiProperty({ type: Number, description: 'Cents that were allowed then.' })
  cap!: number;

  @ApiProperty({ type: String, description: 'Exact, in billionths of a dollar.' })
  used_nano_usd!: string;

  @ApiProperty({ type: String, description: 'Exact, in billionths of a dollar.' })
  cap_nano_usd!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** A page of alerts, newest first. */
export class AlertListEnvelope {
  @ApiProperty({ type: [AlertResponse] })
  alerts!: AlertResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries in this answer.' })
  count!: number;
}

/** An alert on the wire. */
export function toAlertResponse(row: AlertEntity): AlertResponse {
  return {
    id: row.id,
    kind: row.kind,
    budget_id: row.budgetId,
    tenant_id: row.tenantId,
    owners: row.owners.map(({ entity, id, name }) => ({ entity, id, name })),
    window_start_at: row.windowStartAt.toISOString(),
    window_end_at: row.windowEndAt.toISOString(),
    ...(row.thresholdPercent === null ? {} : { threshold_percent: row.thresholdPercent }),
    ...(row.exhaustsAt === null ? {} : { exhausts_at: row.exhaustsAt.toISOString() }),
    used: nanoUsdToCents(nanoUsd(row.usedNanoUsd)),
    cap: nanoUsdToCents(nanoUsd(row.capNanoUsd)),
    used_nano_usd: row.usedNanoUsd.toString(),
    cap_nano_usd: row.capNanoUsd.toString(),
    created_at: row.createdAt.toISOString(),
  };
}
