import type { DataSource } from 'typeorm';

import { type AuditLink, type ChainEnd, EMPTY_CHAIN, faultOfLink, type LinkFault } from './audit-chain.js';
import { AuditEntryEntity } from './audit-entry.entity.js';

/** The first entry of a chain that does not follow from the one before. */
export interface BrokenLink {
  readonly position: string;
  readonly entryId: string;
  readonly fault: LinkFault;
}

/** What a look at a whole chain found. */
export interface ChainVerdict {
  readonly tenantId: string;
  /** Entries that were looked at: all of them when nothing is broken. */
  readonly entries: number;
  readonly broken: BrokenLink | null;
  /**
   * The last entry that follows. A chain that lost its newest entries looks intact: only who kept an earlier end
   * notices.
   */
  readonly end: ChainEnd;
}

const BATCH = 1_000;
/** Below every position: an entry that was slipped in before the first one is seen too. */
const LOWEST = String(-(2n ** 63n));

/**
 * Follows the chain of a tenant from its start to its first broken link, in batches: it needs the memory of one.
 *
 * @param onProgress told after each batch how many entries were looked at.
 */
export async function verifyAuditChain(
  dataSource: DataSource,
  tenantId: string,
  onProgress: (entries: number) => void = () => undefined,
): Promise<ChainVerdict> {
  let end = EMPTY_CHAIN;
  let scanned = LOWEST;
  let entries = 0;
  for (;;) {
    const batch: AuditLink[] = await dataSource
      .getRepository(AuditEntryEntity)
      .createQueryBuilder('e')
      .where('e.tenantId = :tenantId AND e.position > :position', { tenantId, position: scanned })
      .orderBy('e.position', 'ASC')
      .limit(BATCH)
      .getMany();
    for (const entry of batch) {
      entries += 1;
      const fault = faultOfLink(end, entry);
      if (fault !== null) {
        return { tenantId, entries, broken: { position: entry.position, entryId: entry.id, fault }, end };
      }
      end = { position: entry.position, hash: entry.hash };
      scanned = entry.position;
    }
    onProgress(entries);
    if (batch.length < BATCH) return { tenantId, entries, broken: null, end };
  }
}

/** The tenant of the next chain after `previous`, in the order of their ids; null after the last. */
export async function nextAuditChain(dataSource: DataSource, previous: string | null): Promise<string | null> {
  const [row]: { tenant_id: string }[] = await dataSource.query(
    `SELECT tenant_id FROM governance.audit_entries WHERE $1::uuid IS NULL OR tenant_id > $1::uuid
      ORDER BY tenant_id LIMIT 1`,
    [previous],
  );
  return row?.tenant_id ?? null;
}
