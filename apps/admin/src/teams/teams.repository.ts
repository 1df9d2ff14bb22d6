import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { CreditAccountEntity, SaasTeamEntity } from '@penstock/entities';
import { brokenConstraintOf } from '@penstock/management';
import { Any, DataSource, IsNull, type EntityManager } from 'typeorm';

import type { TeamListQuery } from './teams.requests.js';

/** Storage of teams, and what is read along with them. */
@Injectable()
export class TeamsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws AppError `already_exists` when the id is taken. The transaction is lost then. */
  async insert(tx: EntityManager, team: SaasTeamEntity): Promise<void> {
    try {
      await tx.getRepository(SaasTeamEntity).insert(team as never);
    } catch (error) {
      if (brokenConstraintOf(error) !== 'pk_teams') throw error;
      throw new AppError('already_exists', { detail: `Team '${team.teamId}' already exists.`, cause: error });
    }
  }

  async update(tx: EntityManager, team: SaasTeamEntity): Promise<void> {
    const { teamId, ...columns } = team;
    await tx.getRepository(SaasTeamEntity).update({ teamId }, columns as never);
  }

  async delete(tx: EntityManager, teamId: string): Promise<void> {
    await tx.getRepository(SaasTeamEntity).delete({ teamId });
  }

  exists(tx: EntityManager, teamId: string): Promise<boolean> {
    return tx.getRepository(SaasTeamEntity).existsBy({ teamId });
  }

  /** @throws AppError `not_found` */
  get(teamId: string): Promise<SaasTeamEntity> {
    return found(teamId, (where) => this.dataSource.getRepository(SaasTeamEntity).findOne({ where }));
  }

  /** Nobody changes it, nor what it is given, until the transaction ends. @throws AppError `not_found` */
  lock(tx: EntityManager, teamId: string): Promise<SaasTeamEntity> {
    return found(teamId, (where) =>
      tx.getRepository(SaasTeamEntity).findOne({ where, lock: { mode: 'for_no_key_update' } }),
    );
  }

  /** The teams of an organization in a fixed order, locked like {@link lock}. */
  lockOfOrganization(tx: EntityManager, organizationId: string): Promise<SaasTeamEntity[]> {
    return tx.getRepository(SaasTeamEntity).find({
      where: { organizationId },
      order: { teamId: 'ASC' },
      lock: { mode: 'for_no_key_update' },
    });
  }

  /** In the order of their creation. */
  async list({ organization_id, status, limit, offset = 0 }: TeamListQuery): Promise<SaasTeamEntity[]> {
    if (organization_id?.includes('\0') === true) return [];
    return this.dataSource.getRepository(SaasTeamEntity).find({
      where: {
        ...(organization_id === undefined ? {} : { organizationId: organization_id }),
        ...(status === undefined ? {} : { status }),
      },
      order: { createdAt: 'ASC', teamId: 'ASC' },
      skip: offset,
      ...(limit === undefined ? {} : { take: limit }),
    });
  }

  /** The open accounts of teams, by the ids of their governance teams. */
  async accounts(teams: readonly SaasTeamEntity[]): Promise<ReadonlyMap<string, CreditAccountEntity>> {
    if (teams.length === 0) return new Map();
    const accounts = await this.dataSource.getRepository(CreditAccountEntity).find({
      where: { governanceTeamId: Any(teams.map(({ governanceTeamId }) => governanceTeamId)), closedAt: IsNull() },
    });
    return new Map(accounts.map((account) => [account.governanceTeamId ?? '', account]));
  }

  /** The end of the current value of each key, by the key's id. */
  async valueHints(teams: readonly SaasTeamEntity[]): Promise<ReadonlyMap<string, string>> {
    const keyIds = teams.flatMap(({ virtualKeyId }) => virtualKeyId ?? []);
    if (keyIds.length === 0) return new Map();
    const rows: { keyId: string; hint: string }[] = await this.dataSource.query(
      `SELECT virtual_key_id AS "keyId", value_hint AS hint FROM governance.virtual_key_secrets
        WHERE virtual_key_id = ANY($1) AND expires_at IS NULL`,
      [keyIds],
    );
    return new Map(rows.map(({ keyId, hint }) => [keyId, hint]));
  }

  /** The tenant of a team: the customer of its organization. */
  async tenantIdOf(manager: EntityManager, organizationId: string): Promise<string> {
    const [row]: { customerId: string }[] = await manager.query(
      'SELECT customer_id AS "customerId" FROM saas.organizations WHERE organization_id = $1',
      [organizationId],
    );
    if (row === undefined) throw new Error(`Organization ${organizationId} of a team is not there.`);
    return row.customerId;
  }

  /**
   * Keeps an organization in place for a team that is made in it.
   *
   * @returns its tenant. @throws AppError `not_found`
   */
  async holdOrganization(tx: EntityManager, organizationId: string): Promise<string> {
    const [row]: { customerId: string }[] = await tx.query(
      'SELECT customer_id AS "customerId" FROM saas.organizations WHERE organization_id = $1 FOR KEY SHARE',
      [organizationId],
    );
    if (row === undefined) {
      throw new AppError('not_found', { detail: `Organization '${organizationId}' was not found.` });
    }
    return row.customerId;
  }
}

async function found(
  teamId: string,
  find: (where: { teamId: string }) => Promise<SaasTeamEntity | null>,
): Promise<SaasTeamEntity> {
  // PostgreSQL's text has no NUL: such an id can name nothing.
  const team = teamId.includes('\0') ? null : await find({ teamId });
  if (team === null) throw new AppError('not_found', { detail: `Team '${teamId}' was not found.` });
  return team;
}
