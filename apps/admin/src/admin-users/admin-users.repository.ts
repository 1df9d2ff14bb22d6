import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { AdminUserEntity } from '@penstock/entities';
import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';

/** Storage of operators' accounts. */
@Injectable()
export class AdminUsersRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Makes changes of accounts wait for each other until their transactions end: who is the first, and who the last
   * owner, is decided on a state that stands still.
   */
  async lockAll(tx: EntityManager): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('penstock.admin-users', 0))`);
  }

  /** @throws AppError `already_exists` when the address is taken. The transaction is lost then. */
  async insert(tx: EntityManager, user: AdminUserEntity): Promise<void> {
    try {
      await tx.getRepository(AdminUserEntity).insert(user as never);
    } catch (error) {
      if (!isEmailTaken(error)) throw error;
      throw new AppError('already_exists', { detail: `'${user.email}' is already registered.`, cause: error });
    }
  }

  async update(tx: EntityManager, userId: string, fields: Partial<AdminUserEntity>): Promise<void> {
    await tx.getRepository(AdminUserEntity).update({ userId }, fields as never);
  }

  lockById(tx: EntityManager, userId: string): Promise<AdminUserEntity | null> {
    return tx.getRepository(AdminUserEntity).findOne({ where: { userId }, lock: { mode: 'pessimistic_write' } });
  }

  findById(userId: string): Promise<AdminUserEntity | null> {
    return this.dataSource.getRepository(AdminUserEntity).findOneBy({ userId });
  }

  findByEmail(email: string): Promise<AdminUserEntity | null> {
    return this.dataSource.getRepository(AdminUserEntity).findOneBy({ email });
  }

  /** Newest first. */
  list(): Promise<AdminUserEntity[]> {
    return this.dataSource.getRepository(AdminUserEntity).find({ order: { createdAt: 'DESC', userId: 'DESC' } });
  }

  async isEmpty(manager: EntityManager = this.dataSource.manager): Promise<boolean> {
    return !(await manager.getRepository(AdminUserEntity).exists());
  }

  /** Active owners besides one account. */
  countOtherOwners(tx: EntityManager, userId: string): Promise<number> {
    return tx
      .getRepository(AdminUserEntity)
      .createQueryBuilder('u')
      .where(`u.role = 'owner' AND u.isActive AND u.userId <> :userId`, { userId })
      .getCount();
  }
}

function isEmailTaken(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code, constraint } = error.driverError as { code?: unknown; constraint?: unknown };
  return code === '23505' && constraint === 'uq_admin_users_email';
}
