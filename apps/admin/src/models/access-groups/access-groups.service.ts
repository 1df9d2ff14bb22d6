import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { ModelAccessGroupEntity } from '@penstock/entities';
import { type Change, type Changed, nextTimestamp } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import { changedFields } from '../catalogue-fields.js';
import { replaceAliasesOfGroup } from '../changes/alias-links.js';
import { auditCatalogue, CatalogueChanges } from '../changes/catalogue-changes.js';
import { touchUsersOfAccessGroup } from '../changes/touch-users.js';
import type { AccessGroupResponse } from './access-group.response.js';
import { toAccessGroupResponse, toAuditAccessGroup } from './access-groups.mapping.js';
import { type AccessGroupRow, AccessGroupsRepository } from './access-groups.repository.js';
import type {
  AccessGroupListQuery,
  CreateAccessGroupRequest,
  ReplaceAliasesRequest,
  UpdateAccessGroupRequest,
} from './access-groups.requests.js';

/** Teams that a refusal names; the count says how many there are. */
const TEAMS_NAMED_MAX = 20;

/** Aliases that are given to teams together. */
@Injectable()
export class AccessGroupsService {
  constructor(
    private readonly changes: CatalogueChanges,
    private readonly groups: AccessGroupsRepository,
  ) {}

  async list({ status }: AccessGroupListQuery): Promise<AccessGroupResponse[]> {
    const groups = await this.groups.list(status ?? null);
    return groups.map((group) => toAccessGroupResponse(group));
  }

  async get(groupName: string): Promise<AccessGroupResponse> {
    return toAccessGroupResponse(await this.groups.get(groupName));
  }

  async create(ctx: RequestContext, request: CreateAccessGroupRequest): Promise<Changed<AccessGroupResponse>> {
    return this.changes.run(ctx, async (change) => {
      const modelAccessGroupId = uuidv7(ctx.nowMs);
      await this.groups.insert(
        change.tx,
        Object.assign(new ModelAccessGroupEntity(), {
          modelAccessGroupId,
          groupName: request.group_name,
          displayName: request.display_name,
          description: request.description ?? null,
          status: 'active' as const,
          createdAt: change.now,
          updatedAt: change.now,
        }),
      );
      await replaceAliasesOfGroup(change, modelAccessGroupId, request.model_aliases ?? []);
      const after = await this.groups.get(request.group_name, change.tx);
      audit(change, 'model_access_group.created', null, after);
      return toAccessGroupResponse(after);
    });
  }

  async update(
    ctx: RequestContext,
    groupName: string,
    request: UpdateAccessGroupRequest,
  ): Promise<Changed<AccessGroupResponse>> {
    return this.changes.run(ctx, async (change) => {
      const before = await this.groups.get(groupName, change.tx);
      const fields = changedFields(before, {
        displayName: request.display_name,
        description: request.description,
        status: request.status,
      });
      if (Object.keys(fields).length === 0) return toAccessGroupResponse(before);
      return toAccessGroupResponse(await this.write(change, 'model_access_group.updated', before, fields));
    });
  }

  async replaceAliases(
    ctx: RequestContext,
    groupName: string,
    { model_aliases }: ReplaceAliasesRequest,
  ): Promise<Changed<AccessGroupResponse>> {
    return this.changes.run(ctx, async (change) => {
      const before = await this.groups.get(groupName, change.tx);
      if (isSame(before, model_aliases)) return toAccessGroupResponse(before);
      await replaceAliasesOfGroup(change, before.modelAccessGroupId, model_aliases);
      return toAccessGroupResponse(await this.write(change, 'model_access_group.models_replaced', before, {}));
    });
  }

  /** Only what no team has. */
  async delete(ctx: RequestContext, groupName: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const before = await this.groups.get(groupName, change.tx);
      const { teamsUsing } = before;
      if (teamsUsing !== null) throw inUse(groupName, teamsUsing);
      await this.groups.delete(change.tx, before.modelAccessGroupId);
      audit(change, 'model_access_group.deleted', before, null);
    });
  }

  private async write(
    change: Change,
    action: string,
    before: AccessGroupRow,
    fields: Partial<ModelAccessGroupEntity>,
  ): Promise<AccessGroupRow> {
    const updatedAt = nextTimestamp(before.updatedAt, change.now);
    await this.groups.update(change.tx, before.modelAccessGroupId, { ...fields, updatedAt });
    await touchUsersOfAccessGroup(change, before.modelAccessGroupId);
    const after = await this.groups.get(before.groupName, change.tx);
    audit(change, action, before, after);
    return after;
  }
}

function audit(change: Change, action: string, before: AccessGroupRow | null, after: AccessGroupRow | null): void {
  auditCatalogue(change, {
    action,
    entityType: 'model_access_group',
    entityId: (after ?? before)?.groupName ?? '',
    before: before === null ? null : toAuditAccessGroup(before),
    after: after === null ? null : toAuditAccessGroup(after),
  });
}

function inUse(groupName: string, teams: readonly string[]): AppError {
  const more = teams.length - TEAMS_NAMED_MAX;
  const named = teams.slice(0, TEAMS_NAMED_MAX).join(', ');
  return new AppError('in_use', {
    detail: `Access group '${groupName}' is in use by the ${teams.length === 1 ? 'team' : 'teams'} ${named}${more > 0 ? ` and ${more} more` : ''}.`,
  });
}

function isSame({ aliases }: AccessGroupRow, wanted: readonly string[]): boolean {
  return new Set(wanted).size === aliases.length && aliases.every(({ modelAlias }) => wanted.includes(modelAlias));
}
