import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { CreditAccountEntity, SaasTeamEntity } from '@penstock/entities';
import { CreditLedger } from '@penstock/management';
import { DataSource, type EntityManager, IsNull } from 'typeorm';

/** The account of a team that exists. */
export interface TeamAccount {
  readonly account: CreditAccountEntity;
  readonly status: SaasTeamEntity['status'];
}

/** Finds the accounts of teams. */
@Injectable()
export class CreditAccounts {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ledger: CreditLedger,
  ) {}

  /** @throws AppError `not_found` for a team that is not there. */
  async find(teamId: string): Promise<TeamAccount> {
    if (teamId.includes('\0')) throw unknownTeam(teamId);
    const { manager } = this.dataSource;
    const [team, account] = await Promise.all([
      manager.findOneBy(SaasTeamEntity, { teamId }),
      manager.findOneBy(CreditAccountEntity, { teamId, kind: 'team', closedAt: IsNull() }),
    ]);
    if (team === null || account === null) throw unknownTeam(teamId);
    return { account, status: team.status };
  }

  /** The account, with its lock. @throws AppError `not_found` */
  async lock(tx: EntityManager, teamId: string): Promise<CreditAccountEntity & { tenantId: string }> {
    const account = teamId.includes('\0') ? null : await this.ledger.lockOpenAccountOfTeam(tx, teamId);
    if (account?.tenantId === null || account?.tenantId === undefined) throw unknownTeam(teamId);
    return account as CreditAccountEntity & { tenantId: string };
  }
}

function unknownTeam(teamId: string): AppError {
  return new AppError('not_found', { detail: `Team '${teamId}' was not found.` });
}
