import { Inject, Injectable } from '@nestjs/common';
import { AppError, creditCounterId } from '@penstock/domain';
import { EPOCH_FIELD, tenantKeys } from '@penstock/dto';
import { CreditAccountEntity, readCreditCounters, SaasTeamEntity } from '@penstock/entities';
import { CreditLedger } from '@penstock/management';
import { LOGGER, type Logger, REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource, type EntityManager, IsNull } from 'typeorm';

/** The account of a team that exists. */
export interface TeamAccount {
  readonly account: CreditAccountEntity;
  readonly status: SaasTeamEntity['status'];
}

/** Finds the accounts of teams, and what is taken from them at this moment. */
@Injectable()
export class CreditAccounts {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ledger: CreditLedger,
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    @Inject(LOGGER) private readonly logger: Logger,
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

  /** Used and held, as admission counts it. Null: Redis is away. */
  async takenCredits({ tenantId, seq }: CreditAccountEntity): Promise<bigint | null> {
    if (tenantId === null) return null;
    try {
      const [epoch, taken] = await this.redis.hmget(tenantKeys(tenantId).counters, EPOCH_FIELD, creditCounterId(seq));
      if (epoch !== null && epoch !== undefined) return BigInt(taken ?? 0);
    } catch (error) {
      this.logger.warn({ err: error }, 'held credits are not known because Redis does not answer');
      return null;
    }
    // Redis holds nothing of a tenant without calls; when the next one comes, this is what it is told.
    const counters = await readCreditCounters(this.dataSource.manager, tenantId);
    return BigInt(counters.find(({ accountSeq }) => accountSeq === seq)?.credits ?? 0);
  }
}

function unknownTeam(teamId: string): AppError {
  return new AppError('not_found', { detail: `Team '${teamId}' was not found.` });
}
