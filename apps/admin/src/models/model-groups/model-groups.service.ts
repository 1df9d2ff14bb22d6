import { Injectable } from '@nestjs/common';
import { AppError, planModelRoutes, uuidv7 } from '@penstock/domain';
import { ModelGroupEntity, ModelGroupModelEntity } from '@penstock/entities';
import { type Change, type Changed, nextTimestamp } from '@penstock/management';
import { type RequestContext, teamOf, ValidationFailure } from '@penstock/platform';

import { changedFields } from '../catalogue-fields.js';
import { auditCatalogue, CatalogueChanges } from '../changes/catalogue-changes.js';
import { touchUsersOfModelGroup } from '../changes/touch-users.js';
import type {
  ModelGroupModelsResponse,
  ModelGroupResponse,
  ResolvedModelGroupResponse,
} from './model-group.response.js';
import { toAuditModelGroup, toModelGroupResponse, toModelResponses } from './model-groups.mapping.js';
import { type ModelGroupRow, ModelGroupsRepository } from './model-groups.repository.js';
import type {
  CreateModelGroupRequest,
  GroupModelRequest,
  ModelGroupListQuery,
  UpdateModelGroupRequest,
} from './model-groups.requests.js';
import { faultsOfModels, type PlannedModel } from './plan-group-models.js';

/** Groups of models under one name. */
@Injectable()
export class ModelGroupsService {
  constructor(
    private readonly changes: CatalogueChanges,
    private readonly groups: ModelGroupsRepository,
  ) {}

  async list({ status = 'active' }: ModelGroupListQuery): Promise<ModelGroupResponse[]> {
    const groups = await this.groups.list(status === 'all' ? null : status);
    return groups.map((group) => toModelGroupResponse(group));
  }

  async get(groupName: string): Promise<ModelGroupResponse> {
    return toModelGroupResponse(await this.groups.get(groupName));
  }

  async create(ctx: RequestContext, request: CreateModelGroupRequest): Promise<Changed<ModelGroupResponse>> {
    const models = plannedModels(request.models, ['models']);
    return this.changes.run(ctx, async (change) => {
      const modelGroupId = uuidv7(ctx.nowMs);
      await this.groups.insert(
        change.tx,
        Object.assign(new ModelGroupEntity(), {
          modelGroupId,
          groupName: request.group_name,
          displayName: request.display_name ?? request.group_name,
          description: request.description ?? null,
          status: 'active' as const,
          createdAt: change.now,
          updatedAt: change.now,
        }),
      );
      await this.groups.replaceModels(change.tx, modelGroupId, toEntities(modelGroupId, models, change.now));
      const after = await this.groups.get(request.group_name, change.tx);
      audit(change, 'model_group.created', null, after);
      return toModelGroupResponse(after);
    });
  }

  async update(
    ctx: RequestContext,
    groupName: string,
    request: UpdateModelGroupRequest,
  ): Promise<Changed<ModelGroupResponse>> {
    return this.changes.run(ctx, async (change) => {
      const before = await this.groups.get(groupName, change.tx);
      const fields = changedFields(before, {
        displayName: request.display_name,
        description: request.description,
        status: request.status,
      });
      if (Object.keys(fields).length === 0) return toModelGroupResponse(before);
      const after = await this.write(change, before, fields);
      await touchUsersOfModelGroup(change, before.modelGroupId);
      audit(change, 'model_group.updated', before, after);
      return toModelGroupResponse(after);
    });
  }

  async replaceModels(
    ctx: RequestContext,
    groupName: string,
    request: readonly GroupModelRequest[],
  ): Promise<Changed<ModelGroupModelsResponse>> {
    return this.changes.run(ctx, async (change) => {
      const before = await this.groups.get(groupName, change.tx);
      const models = plannedModels(request, []);
      if (isSame(before, models)) return { group_name: groupName, models: toModelResponses(before) };
      const entities = toEntities(before.modelGroupId, models, change.now);
      await this.groups.replaceModels(change.tx, before.modelGroupId, entities);
      const after = await this.write(change, before, {});
      await touchUsersOfModelGroup(change, before.modelGroupId);
      audit(change, 'model_group.models_replaced', before, after);
      return { group_name: groupName, models: toModelResponses(after) };
    });
  }

  /** Only what no team has; calls of a team that lost its group unasked would fail without an explanation. */
  async delete(ctx: RequestContext, groupName: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const before = await this.groups.get(groupName, change.tx);
      const teams = await this.groups.countTeams(change.tx, before.modelGroupId);
      if (teams > 0) {
        throw new AppError('in_use', {
          detail: `Model group '${groupName}' is in use by ${teams} ${teams === 1 ? 'team' : 'teams'}.`,
        });
      }
      await this.groups.delete(change.tx, before.modelGroupId);
      audit(change, 'model_group.deleted', before, null);
    });
  }

  /** Where a call of the team that names the group goes first, and where then: by the rule of the gateways. */
  async resolve(ctx: RequestContext, groupName: string): Promise<ResolvedModelGroupResponse> {
    const { teamId } = teamOf(ctx);
    const group = await this.groups.get(groupName);
    if (!(await this.groups.hasTeam(teamId, group.modelGroupId))) {
      return {
        group_name: groupName,
        primary_model: null,
        fallback_models: [],
        team_has_access: false,
        error: `Team '${teamId}' has no access to the model group '${groupName}'.`,
      };
    }
    const [primary = null, ...fallbacks] = modelsTried(group);
    if (primary === null) {
      throw new AppError('model_group_unavailable', {
        detail:
          group.status === 'active'
            ? `No model of the group '${groupName}' is active.`
            : `The model group '${groupName}' is inactive.`,
      });
    }
    return { group_name: groupName, primary_model: primary, fallback_models: fallbacks, team_has_access: true };
  }

  /** `updated_at` moves with the models too. */
  private async write(change: Change, before: ModelGroupRow, fields: Partial<ModelGroupRow>): Promise<ModelGroupRow> {
    const updatedAt = nextTimestamp(before.updatedAt, change.now);
    await this.groups.update(change.tx, before.modelGroupId, { ...fields, updatedAt });
    return this.groups.get(before.groupName, change.tx);
  }
}

function audit(change: Change, action: string, before: ModelGroupRow | null, after: ModelGroupRow | null): void {
  auditCatalogue(change, {
    action,
    entityType: 'model_group',
    entityId: (after ?? before)?.groupName ?? '',
    before: before === null ? null : toAuditModelGroup(before),
    after: after === null ? null : toAuditModelGroup(after),
  });
}

/** Names of the models in the order of the attempts; none of an inactive group. */
function modelsTried({ groupName, status, models }: ModelGroupRow): string[] {
  const active = status === 'active' ? models.filter(({ isActive }) => isActive) : [];
  const grants = { aliases: [], groups: [{ name: groupName, models: active.map(({ modelName }) => modelName) }] };
  const targets = planModelRoutes(grants).find(({ name }) => name === groupName)?.targets ?? [];
  return targets.map(({ provider, model }) => (provider === null ? model : `${provider}/${model}`));
}

/** @throws ValidationFailure for models that a group cannot have; `path` is where the list stands in the body. */
function plannedModels(request: readonly GroupModelRequest[], path: readonly string[]): PlannedModel[] {
  const models = request.map(({ model_name, priority, is_active }) => ({
    modelName: model_name,
    priority: priority ?? 0,
    isActive: is_active ?? true,
  }));
  const faults = faultsOfModels(models);
  if (faults.length > 0) {
    throw new ValidationFailure(
      faults.map(({ index, reason }) => ({
        location: 'body',
        path: [...path, String(index), 'model_name'],
        rule: 'isGroupModel',
        reason,
        isMissing: false,
      })),
    );
  }
  return models;
}

/** Ids ascend in the order of the list, which decides among equal priorities. */
function toEntities(modelGroupId: string, models: readonly PlannedModel[], now: Date): ModelGroupModelEntity[] {
  return models.map((model) =>
    Object.assign(new ModelGroupModelEntity(), { ...model, id: uuidv7(now.getTime()), modelGroupId, createdAt: now }),
  );
}

/** In the order in which they are tried, whatever the order of the request. */
function isSame({ models }: ModelGroupRow, planned: readonly PlannedModel[]): boolean {
  const wanted = planned.toSorted((one, other) => one.priority - other.priority);
  return (
    models.length === wanted.length &&
    models.every(
      ({ modelName, priority, isActive }, index) =>
        wanted[index]?.modelName === modelName &&
        wanted[index].priority === priority &&
        wanted[index].isActive === isActive,
    )
  );
}
