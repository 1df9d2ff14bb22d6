import { formatUsd, nanoUsd, parseCounterId } from '@penstock/domain';

import type { Drift } from './compare.js';
import type { Reconciliation } from './reconciler.js';

/** The report for people. */
export function renderText(found: Reconciliation, repaired: number | undefined, isGood: boolean): string {
  const lines = found.drifts.map((drift) => driftLine(drift));
  for (const { tenantId, redis, postgres } of found.staleEpochs) {
    lines.push(`epoch   tenant ${tenantId}: redis ${redis}, postgres ${postgres}`);
  }
  for (const tenantId of found.busyTenantIds)
    lines.push(`busy    tenant ${tenantId}: changed while it was read, run again`);
  if (found.openHolds > 0) lines.push(`open    ${found.openHolds} holds of calls in flight`);
  if (found.outboxEntries > 0)
    lines.push(`open    ${found.outboxEntries} settled calls that PostgreSQL does not have yet`);
  if (found.rejectedRecords > 0) lines.push(`refused ${found.rejectedRecords} records in ledger.rejected_records`);
  if (repaired !== undefined) lines.push(`repair  ${repaired} counters of Redis were set right`);
  const scope = `${found.tenantCount} tenants, ${found.counterCount} counters`;
  lines.push(
    isGood ? `ok: Redis equals PostgreSQL (${scope})` : `not reconciled (${scope}, ${found.drifts.length} drifts)`,
  );
  return lines.join('\n');
}

/** The report for programs; amounts are decimal integers in the unit of their counter. */
export function renderJson(found: Reconciliation, repaired: number | undefined, isGood: boolean): string {
  return JSON.stringify({
    ok: isGood,
    tenants: found.tenantCount,
    counters: found.counterCount,
    drifts: found.drifts.map((drift) => ({
      tenant_id: drift.tenantId,
      counter: drift.counterId,
      unit: parseCounterId(drift.counterId).unit,
      redis: drift.redis?.toString() ?? null,
      expected: drift.expected?.toString() ?? null,
      held: drift.held.toString(),
      postgres: drift.postgres.toString(),
      events: drift.events.toString(),
    })),
    stale_epochs: found.staleEpochs.map(({ tenantId, redis, postgres }) => ({ tenant_id: tenantId, redis, postgres })),
    open_holds: found.openHolds,
    outbox_entries: found.outboxEntries,
    rejected_records: found.rejectedRecords,
    busy_tenants: found.busyTenantIds,
    repaired: repaired ?? null,
  });
}

function driftLine({ tenantId, counterId, redis, expected, held, postgres, events }: Drift): string {
  const { unit } = parseCounterId(counterId);
  const show = (amount: bigint | null): string => {
    if (amount === null) return '-';
    return unit === 'nano_usd' ? `${formatUsd(nanoUsd(amount))} USD` : `${amount} ${unit}`;
  };
  const where = tenantId === null ? 'postgres' : `tenant ${tenantId}`;
  return (
    `drift   ${where} counter ${counterId}: redis ${show(redis)} (expected ${show(expected)}, held ${show(held)}), ` +
    `postgres ${show(postgres)}, events ${show(events)}`
  );
}
