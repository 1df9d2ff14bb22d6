import { uuidv7 } from '@penstock/domain';
import { type AdminRole, AdminSessionEntity, AdminUserEntity, type AuditEntryEntity } from '@penstock/entities';
import { mintOperatorToken, parseTokenSecrets } from '@penstock/platform';

import { toAdminUserResponse } from '../../src/admin-users/admin-users.mapping.js';
import { Passwords } from '../../src/admin-users/passwords/passwords.js';
import { type AdminApp, type AdminProcess, type Answer, type Json, TOKEN_SECRETS } from './admin-app.js';

export const PASSWORD = 'correct horse battery';

/** Headers that show a token. */
export type Credential = Record<string, string>;

export function bearer(token: string): Credential {
  return { authorization: `Bearer ${token}` };
}

/** A login attempt; `ip` is where it seems to come from. */
export function attempt(admin: AdminProcess, email: string, password: string, ip = '10.0.0.1'): Promise<Answer> {
  return admin.call('POST', '/api/admin-users/login', { email, password }, { 'x-forwarded-for': ip });
}

/** Logs in; the credential of that login. */
export async function login(admin: AdminProcess, email: string, password = PASSWORD): Promise<Credential> {
  const answer = await attempt(admin, email, password);
  if (answer.status !== 200) throw new Error(`the login was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return bearer(answer.body.access_token);
}

/** A login as `login` makes one, past the API: no password is checked, and nothing is throttled or audited. */
export async function loginDirectly(admin: AdminApp, { user_id: userId, email, role }: Json): Promise<Credential> {
  const nowMs = admin.clock.now();
  const minted = await mintOperatorToken(parseTokenSecrets(TOKEN_SECRETS), { userId, email, role }, nowMs);
  await admin.db.getRepository(AdminSessionEntity).insert({
    sessionId: uuidv7(nowMs),
    userId,
    tokenHash: minted.tokenHash,
    createdAt: new Date(nowMs),
    expiresAt: new Date(minted.expiresAtMs),
    revokedAt: null,
    ip: '10.0.0.1',
    userAgent: 'test',
  });
  return bearer(minted.token);
}

let created = 0;

/** An account of its own with {@link PASSWORD}, made past the API: who makes the first one would be an account too. */
export async function createUser(admin: AdminApp, role: AdminRole): Promise<Json> {
  created += 1;
  const user = Object.assign(new AdminUserEntity(), {
    userId: uuidv7(admin.clock.now()),
    email: `${role}-${created}@example.com`,
    displayName: `The ${role}`,
    passwordHash: await admin.service(Passwords).hash(PASSWORD),
    role,
    isActive: true,
    createdAt: new Date(admin.clock.now()),
    createdBy: null,
    lastLoginAt: null,
    metadata: {},
  });
  await admin.db.getRepository(AdminUserEntity).insert(user as never);
  return toAdminUserResponse(user);
}

/** The chain of the system, from its start. */
export function systemAudit(admin: AdminApp): Promise<AuditEntryEntity[]> {
  return admin.db.getRepository<AuditEntryEntity>('AuditEntryEntity').find({
    where: { tenantId: '00000000-0000-0000-0000-000000000000' },
    order: { position: 'ASC' },
  });
}
