import { uuidv7 } from '@penstock/domain';
import { AdminSessionEntity, AdminUserEntity, type AdminRole } from '@penstock/entities';
import { mintOperatorToken, parseTokenSecrets } from '@penstock/platform';

import { type GovernanceApp, TOKEN_SECRETS } from './governance-app.js';

/** A login as the admin app would have left it in the database. */
export interface TestLogin {
  readonly userId: string;
  readonly sessionId: string;
  readonly headers: Record<string, string>;
}

/** Logs in an account of its own with this role. */
export async function loginAs(app: GovernanceApp, role: AdminRole): Promise<TestLogin> {
  const now = new Date(app.clock.now());
  const [userId, sessionId] = [uuidv7(), uuidv7()];
  const email = `${userId}@example.com`;
  await app.db.getRepository(AdminUserEntity).insert({
    userId,
    email,
    displayName: role,
    passwordHash: 'none: nobody logs in with it',
    role,
    isActive: true,
    createdAt: now,
    createdBy: null,
    lastLoginAt: null,
    metadata: {},
  });
  const keys = parseTokenSecrets(TOKEN_SECRETS);
  const { token, tokenHash, expiresAtMs } = await mintOperatorToken(keys, { userId, email, role }, now.getTime());
  await app.db.getRepository(AdminSessionEntity).insert({
    sessionId,
    userId,
    tokenHash,
    createdAt: now,
    expiresAt: new Date(expiresAtMs),
    revokedAt: null,
    ip: '10.0.0.1',
    userAgent: 'test',
  });
  return { userId, sessionId, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } };
}
