import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import {
  CustomerEntity,
  type OrganizationEntity,
  ProviderCredentialEntity,
  type SaasTeamEntity,
  TeamEntity,
} from '@penstock/entities';
import { type Change, Changed, type OwnedKey, OwnedKeys, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import { Any, type EntityManager } from 'typeorm';

import { toAuditCredential } from '../provider-credentials/provider-credentials.mapping.js';
import { type RemovedTeam, TeamRemoval } from '../teams/team-removal.js';
import type { OrganizationDeletedResponse } from './organization.response.js';
import { toAuditOrganization } from './organizations.mapping.js';
import { OrganizationsRepository } from './organizations.repository.js';

/** What governance has under the customer of an organization besides the organization's teams. */
interface GovernanceChildren {
  readonly teams: readonly TeamEntity[];
  readonly keys: readonly OwnedKey[];
}

/** Takes organizations away with everything under them, so that nothing orphaned can spend. */
@Injectable()
export class OrganizationRemoval {
  constructor(
    private readonly organizations: OrganizationsRepository,
    private readonly changes: PolicyChanges,
    private readonly teams: TeamRemoval,
    private readonly keys: OwnedKeys,
  ) {}

  /**
   * The default team is part of its organization and no reason against; other teams, and what governance has under the
   * customer, are, unless the deletion cascades.
   *
   * @throws AppError `not_found`, `in_use`.
   */
  async delete(
    ctx: RequestContext,
    organizationId: string,
    doesCascade: boolean,
  ): Promise<Changed<OrganizationDeletedResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const organization = await this.organizations.lock(change.tx, organizationId);
      const teams = await this.teams.lockOfOrganization(change.tx, organizationId);
      const others = await this.lockGovernanceChildren(change.tx, organization.customerId, teams);
      if (!doesCascade) refuseWhileInUse(organization, teams, others);
      const removed: RemovedTeam[] = [];
      for (const team of teams) removed.push(await this.teams.remove(ctx, change, team));
      await this.deleteGovernanceChildren(change, organization.customerId, others);
      await deleteProviderCredentials(change, organization);
      await this.deleteRows(change, organization);
      return { teams, removed };
    });
    return changed.map(({ teams, removed }) => ({
      organization_id: organizationId,
      message: `Organization '${organizationId}' was deleted with its teams: all their keys are dead, their books and their usage stay.`,
      deleted_teams: teams.map(({ teamId }) => teamId),
      credits_taken_back: removed.reduce((sum, { creditsTakenBack }) => sum + creditsTakenBack, 0),
      jobs_failed: removed.reduce((sum, { jobsFailed }) => sum + jobsFailed, 0),
    }));
  }

  private async lockGovernanceChildren(
    tx: EntityManager,
    customerId: string,
    own: readonly SaasTeamEntity[],
  ): Promise<GovernanceChildren> {
    await tx.getRepository(CustomerEntity).findOne({ where: { id: customerId }, lock: { mode: 'pessimistic_write' } });
    const teams = await tx.getRepository(TeamEntity).find({
      where: { customerId },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    const faces = new Set(own.map(({ governanceTeamId }) => governanceTeamId));
    const others = teams.filter(({ id }) => !faces.has(id));
    const keys = await this.keys.ofTeams(
      tx,
      others.map(({ id }) => id),
    );
    return { teams: others, keys: [...keys, ...(await this.keys.ofCustomer(tx, customerId))] };
  }

  private async deleteGovernanceChildren(
    change: Change,
    tenantId: string,
    { teams, keys }: GovernanceChildren,
  ): Promise<void> {
    const { tx } = change;
    await this.keys.deleteWithOwner(change, tenantId, keys);
    if (teams.length > 0) await tx.getRepository(TeamEntity).delete({ id: Any(teams.map(({ id }) => id)) });
    for (const { id, name } of teams) {
      const before = { name, customer_id: tenantId };
      change.audit({ tenantId, action: 'team.deleted', entityType: 'team', entityId: id, before, after: null });
    }
    const [budgets]: [{ id: string; name: string }[], number] = await tx.query(
      'DELETE FROM governance.budgets WHERE shared_tenant_id = $1 RETURNING id, name',
      [tenantId],
    );
    for (const { id, name } of budgets) {
      change.audit({
        tenantId,
        action: 'budget.deleted',
        entityType: 'budget',
        entityId: id,
        before: { name },
        after: null,
      });
    }
  }

  private async deleteRows(change: Change, organization: OrganizationEntity): Promise<void> {
    const { tx } = change;
    const { organizationId, customerId, name } = organization;
    await this.organizations.delete(tx, organizationId);
    await tx.getRepository(CustomerEntity).delete({ id: customerId });
    change.touch(customerId);
    change.audit({
      tenantId: customerId,
      action: 'organization.deleted',
      entityType: 'organization',
      entityId: organizationId,
      before: toAuditOrganization(organization),
      after: null,
    });
    change.audit({
      tenantId: customerId,
      action: 'customer.deleted',
      entityType: 'customer',
      entityId: customerId,
      before: { name },
      after: null,
    });
  }
}

/** The row of the organization would take them with it, but nobody could read in its chain that they are gone. */
async function deleteProviderCredentials(change: Change, organization: OrganizationEntity): Promise<void> {
  const { organizationId, customerId: tenantId } = organization;
  const credentials = await change.tx
    .getRepository(ProviderCredentialEntity)
    .find({ where: { organizationId }, order: { credentialId: 'ASC' } });
  await change.tx.getRepository(ProviderCredentialEntity).delete({ organizationId });
  for (const credential of credentials) {
    change.audit({
      tenantId,
      action: 'provider_credential.deleted',
      entityType: 'provider_credential',
      entityId: credential.credentialId,
      before: toAuditCredential(credential),
      after: null,
    });
  }
}

const NAMED_MAX = 10;

function refuseWhileInUse(
  { organizationId }: OrganizationEntity,
  teams: readonly SaasTeamEntity[],
  others: GovernanceChildren,
): void {
  const groups = [
    named(
      'team',
      teams.filter(({ isDefault }) => !isDefault).map(({ teamId }) => teamId),
    ),
    named(
      'governance team',
      others.teams.map(({ name }) => name),
    ),
    named(
      'virtual key',
      others.keys.map(({ name }) => name),
    ),
  ].filter((group) => group !== undefined);
  if (groups.length === 0) return;
  throw new AppError('in_use', {
    detail: `Organization '${organizationId}' still has ${groups.join(' and ')}. Delete them first, or delete all of it with ?cascade=true.`,
  });
}

function named(noun: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const shown = names.slice(0, NAMED_MAX).join(', ');
  return `${names.length} ${noun}${names.length === 1 ? '' : 's'} (${shown}${names.length > NAMED_MAX ? ', …' : ''})`;
}
