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

/**
 * A budget reached a threshold, or would not last until the end of its window: once per window. Or the credits of a
 * team fell below a threshold, or ran out: once per crossing.
 */
export class AlertResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: ['threshold', 'forecast', 'credits_low', 'credits_exhausted'] })
  kind!: string;

  @ApiProperty({ type: String, format: 'uuid', required: false, description: 'Of a budget, like what follows of it.' })
  budget_id?: string;

  @ApiProperty({ type: String, format: 'uuid', description: 'The customer, team or key whose counters it counts in.' })
  tenant_id!: string;

  @ApiProperty({ type: [AlertOwnerResponse] })
  owners!: AlertOwnerResponse[];

  @ApiProperty({ type: String, format: 'date-time', required: false })
  window_start_at?: string;

  @ApiProperty({ type: String, format: 'date-time', required: false })
  window_end_at?: string;

  @ApiProperty({ type: 'integer', required: false, description: 'Of a threshold: percent of the cap.' })
  threshold_percent?: number;

  @ApiProperty({ type: String, format: 'date-time', required: false, description: 'Of a forecast.' })
  exhausts_at?: string;

  @ApiProperty({ type: Number, required: false, description: 'Cents settled when the alert was raised.' })
  used?: number;

  @ApiProperty({ type: Number, required: false, description: 'Cents that were allowed then.' })
  cap?: number;

  @ApiProperty({ type: String, required: false, description: 'Exact, in billionths of a dollar.' })
  used_nano_usd?: string;

  @ApiProperty({ type: String, required: false, description: 'Exact, in billionths of a dollar.' })
  cap_nano_usd?: string;

  @ApiProperty({ type: 'integer', required: false, description: 'Of credits: the balance when the alert was raised.' })
  credits_remaining?: number;

  @ApiProperty({ type: 'integer', required: false, description: 'Of low credits: what the balance fell below.' })
  threshold_credits?: number;

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
    tenant_id: row.tenantId,
    owners: row.owners.map(({ entity, id, name }) => ({ entity, id, name })),
    ...(row.budgetId === null ? {} : { budget_id: row.budgetId }),
    ...(row.windowStartAt === null ? {} : { window_start_at: row.windowStartAt.toISOString() }),
    ...(row.windowEndAt === null ? {} : { window_end_at: row.windowEndAt.toISOString() }),
    ...(row.thresholdPercent === null ? {} : { threshold_percent: row.thresholdPercent }),
    ...(row.exhaustsAt === null ? {} : { exhausts_at: row.exhaustsAt.toISOString() }),
    ...(row.usedNanoUsd === null
      ? {}
      : { used: nanoUsdToCents(nanoUsd(row.usedNanoUsd)), used_nano_usd: row.usedNanoUsd.toString() }),
    ...(row.capNanoUsd === null
      ? {}
      : { cap: nanoUsdToCents(nanoUsd(row.capNanoUsd)), cap_nano_usd: row.capNanoUsd.toString() }),
    ...(row.balanceCredits === null ? {} : { credits_remaining: Number(row.balanceCredits) }),
    ...(row.thresholdCredits === null ? {} : { threshold_credits: Number(row.thresholdCredits) }),
    created_at: row.createdAt.toISOString(),
  };
}
