import { Injectable } from '@nestjs/common';
import { AppError, instantOf, parseInstant } from '@penstock/domain';
import { SYSTEM_TENANT_ID, verifyAuditChain } from '@penstock/entities';
import { ValidationFailure } from '@penstock/platform';
import { isUUID } from 'class-validator';
import { Readable } from 'node:stream';
import { DataSource } from 'typeorm';

import { csvLine } from '../http/csv.js';
import { fromCursor, toCursor } from '../http/page-cursor.js';
import {
  AuditEntriesRepository,
  type AuditFilter,
  type AuditPlace,
  type AuditRow,
} from './audit-entries.repository.js';
import {
  auditColumns,
  toAccountAuditResponse,
  toAuditCells,
  toAuditEntryResponse,
  toAuditVerdictResponse,
} from './audit.mapping.js';
import type {
  AccountAuditQuery,
  AuditExportQuery,
  AuditFilterQuery,
  AuditListQuery,
  AuditVerifyQuery,
  ExportFormat,
} from './audit.requests.js';
import type { AccountAuditResponse, AuditPageResponse, AuditVerdictResponse } from './audit.responses.js';

const PAGE_DEFAULT = 100;
/** Entries that an export holds at once. */
const EXPORT_BATCH = 500;

/** The audit trail: pages, exports and whether it is what was written. */
@Injectable()
export class AuditLogsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly entries: AuditEntriesRepository,
  ) {}

  /** Newest first, by offset, as the contract has it. */
  async listForAccounts(query: AccountAuditQuery): Promise<AccountAuditResponse[]> {
    const filter: AuditFilter = {
      action: query.action,
      entityType: query.resource_type,
      ...(query.user_id === undefined ? {} : { actorType: 'operator', actorId: query.user_id.toLowerCase() }),
    };
    const rows = await this.entries.listPage(filter, null, query.limit ?? PAGE_DEFAULT, query.offset ?? 0);
    return rows.map((row) => toAccountAuditResponse(row));
  }

  /** Newest first. What is written meanwhile is on none of the further pages. @throws AppError `not_found` */
  async list(query: AuditListQuery): Promise<AuditPageResponse> {
    const limit = query.limit ?? PAGE_DEFAULT;
    const after = query.cursor === undefined ? null : placeOf(query.cursor);
    const rows = await this.entries.listPage(await this.filterOf(query), after, limit + 1);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      entries: page.map((row) => toAuditEntryResponse(row)),
      next_cursor: rows.length > limit && last !== undefined ? cursorOf(last) : null,
    };
  }

  /**
   * Everything that fits, newest first, batch after batch as the receiver takes it. Rejects before the first byte when
   * it cannot begin; later the stream is cut, which a receiver notices.
   *
   * @throws AppError `not_found`
   */
  async export(query: AuditExportQuery): Promise<Readable> {
    const filter = await this.filterOf(query);
    const first = await this.entries.listPage(filter, null, EXPORT_BATCH);
    return Readable.from(this.lines(filter, first, query.format ?? 'ndjson'), { objectMode: false });
  }

  /** @throws AppError `not_found` */
  async verify({ organization_id: organizationId }: AuditVerifyQuery): Promise<AuditVerdictResponse> {
    const tenantId = organizationId === undefined ? SYSTEM_TENANT_ID : await this.tenantOf(organizationId);
    return toAuditVerdictResponse(await verifyAuditChain(this.dataSource, tenantId), organizationId ?? null);
  }

  private async *lines(filter: AuditFilter, first: AuditRow[], format: ExportFormat): AsyncGenerator<string> {
    if (format === 'csv') yield csvLine(auditColumns);
    for (let batch = first; ;) {
      const entries = batch.map((row) => toAuditEntryResponse(row));
      // One text per batch: a chunk of its own for every line would cost more than the line.
      const text = entries.map((entry) =>
        format === 'csv' ? csvLine(toAuditCells(entry)) : `${JSON.stringify(entry)}\n`,
      );
      if (text.length > 0) yield text.join('');
      const last = batch.at(-1);
      if (last === undefined || batch.length < EXPORT_BATCH) return;
      batch = await this.entries.listPage(filter, last, EXPORT_BATCH);
    }
  }

  private async filterOf(query: AuditFilterQuery): Promise<AuditFilter> {
    return {
      tenantId: query.organization_id === undefined ? undefined : await this.tenantOf(query.organization_id),
      actorId: query.actor,
      actorType: query.actor_type,
      action: query.action,
      entityType: query.resource_type,
      entityId: query.resource_id,
      requestId: query.request_id,
      from: query.from === undefined ? undefined : instantOf(query.from),
      to: query.to === undefined ? undefined : instantOf(query.to),
    };
  }

  private async tenantOf(organizationId: string): Promise<string> {
    const tenantId = await this.entries.findTenant(organizationId);
    if (tenantId === null) {
      throw new AppError('not_found', { detail: `Organization '${organizationId}' was not found.` });
    }
    return tenantId;
  }
}

function cursorOf({ occurredAt, id }: AuditPlace): string {
  return toCursor([occurredAt.toISOString(), id]);
}

/** @throws ValidationFailure for a text that {@link cursorOf} did not make. */
function placeOf(cursor: string): AuditPlace {
  const [occurredAt = '', id = ''] = fromCursor(cursor, 2);
  const instant = parseInstant(occurredAt);
  if (instant !== undefined && isUUID(id)) return { occurredAt: instant, id };
  const reason = 'is not a next_cursor of this list';
  throw new ValidationFailure([{ location: 'query', path: ['cursor'], rule: 'isCursor', reason, isMissing: false }]);
}
