import { Injectable } from '@nestjs/common';
import { providerNameFrom, uuidv7 } from '@penstock/domain';
import { ModelAliasEntity } from '@penstock/entities';
import { type Change, type Changed, nextTimestamp } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import { changedFields } from '../catalogue-fields.js';
import { replaceGroupsOfAlias } from '../changes/alias-links.js';
import { auditCatalogue, CatalogueChanges } from '../changes/catalogue-changes.js';
import { touchUsersOfAlias } from '../changes/touch-users.js';
import { priceText } from './alias-fields.js';
import type { ModelAliasResponse } from './model-alias.response.js';
import { toAuditModelAlias, toModelAliasResponse } from './model-aliases.mapping.js';
import { type ModelAliasRow, ModelAliasesRepository } from './model-aliases.repository.js';
import type {
  CLEARABLE_FIELDS,
  CreateModelAliasRequest,
  ModelAliasListQuery,
  UpdateModelAliasRequest,
} from './model-aliases.requests.js';

/** Other names of providers' models. */
@Injectable()
export class ModelAliasesService {
  constructor(
    private readonly changes: CatalogueChanges,
    private readonly aliases: ModelAliasesRepository,
  ) {}

  async list({ status, provider, access_group }: ModelAliasListQuery): Promise<ModelAliasResponse[]> {
    const aliases = await this.aliases.list({
      status: status ?? null,
      provider: provider === undefined ? null : (providerNameFrom(provider) ?? provider),
      accessGroup: access_group ?? null,
    });
    return aliases.map((alias) => toModelAliasResponse(alias));
  }

  async get(modelAlias: string): Promise<ModelAliasResponse> {
    return toModelAliasResponse(await this.aliases.get(modelAlias));
  }

  async create(ctx: RequestContext, request: CreateModelAliasRequest): Promise<Changed<ModelAliasResponse>> {
    return this.changes.run(ctx, async (change) => {
      const modelAliasId = uuidv7(ctx.nowMs);
      await this.aliases.insert(
        change.tx,
        Object.assign(new ModelAliasEntity(), {
          modelAliasId,
          modelAlias: request.model_alias,
          displayName: request.display_name,
          provider: request.provider,
          actualModel: request.actual_model,
          description: request.description ?? null,
          pricingInput: priceOf(request.pricing_input) ?? null,
          pricingOutput: priceOf(request.pricing_output) ?? null,
          status: 'active' as const,
          createdAt: change.now,
          updatedAt: change.now,
        }),
      );
      await replaceGroupsOfAlias(change, modelAliasId, request.access_groups ?? []);
      await touchUsersOfAlias(change, modelAliasId);
      const after = await this.aliases.get(request.model_alias, change.tx);
      audit(change, 'model_alias.created', null, after);
      return toModelAliasResponse(after);
    });
  }

  async update(
    ctx: RequestContext,
    modelAlias: string,
    request: UpdateModelAliasRequest,
  ): Promise<Changed<ModelAliasResponse>> {
    return this.changes.run(ctx, async (change) => {
      const before = await this.aliases.get(modelAlias, change.tx);
      const fields = fieldsOf(before, request);
      const groups = groupsAfter(before, request);
      if (Object.keys(fields).length === 0 && groups === null) return toModelAliasResponse(before);
      const updatedAt = nextTimestamp(before.updatedAt, change.now);
      await this.aliases.update(change.tx, before.modelAliasId, { ...fields, updatedAt });
      // Teams that have it, or lose it, and below those that get it.
      await touchUsersOfAlias(change, before.modelAliasId);
      if (groups !== null) {
        await replaceGroupsOfAlias(change, before.modelAliasId, groups);
        await touchUsersOfAlias(change, before.modelAliasId);
      }
      const after = await this.aliases.get(modelAlias, change.tx);
      audit(change, 'model_alias.updated', before, after);
      return toModelAliasResponse(after);
    });
  }

  async delete(ctx: RequestContext, modelAlias: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const before = await this.aliases.get(modelAlias, change.tx);
      await touchUsersOfAlias(change, before.modelAliasId);
      await this.aliases.delete(change.tx, before.modelAliasId);
      audit(change, 'model_alias.deleted', before, null);
    });
  }
}

function audit(change: Change, action: string, before: ModelAliasRow | null, after: ModelAliasRow | null): void {
  auditCatalogue(change, {
    action,
    entityType: 'model_alias',
    entityId: (after ?? before)?.modelAlias ?? '',
    before: before === null ? null : toAuditModelAlias(before),
    after: after === null ? null : toAuditModelAlias(after),
  });
}

/** Zero is a price, and so not nothing. */
function priceOf(price: number | string | null | undefined): string | undefined {
  return price === null || price === undefined ? undefined : priceText(price);
}

/** What is emptied comes before what is set. */
function fieldsOf(before: ModelAliasRow, request: UpdateModelAliasRequest): Partial<ModelAliasEntity> {
  const set = changedFields(before, {
    displayName: request.display_name,
    provider: request.provider,
    actualModel: request.actual_model,
    description: request.description,
    pricingInput: priceOf(request.pricing_input),
    pricingOutput: priceOf(request.pricing_output),
    status: request.status,
  });
  return { ...clearedFields(before, request.clear ?? []), ...set };
}

function clearedFields(
  before: ModelAliasRow,
  names: readonly (typeof CLEARABLE_FIELDS)[number][],
): Partial<ModelAliasEntity> {
  const { description, pricingInput, pricingOutput } = before;
  return {
    ...(names.includes('description') && description !== null ? { description: null } : {}),
    ...(names.includes('pricing_input') && pricingInput !== null ? { pricingInput: null } : {}),
    ...(names.includes('pricing_output') && pricingOutput !== null ? { pricingOutput: null } : {}),
  };
}

/** Null: it stays in the access groups that it is in. */
function groupsAfter({ accessGroups }: ModelAliasRow, request: UpdateModelAliasRequest): string[] | null {
  const wanted = request.access_groups;
  if (wanted === null || wanted === undefined) return null;
  const isSame = new Set(wanted).size === accessGroups.length && accessGroups.every((name) => wanted.includes(name));
  return isSame ? null : wanted;
}
