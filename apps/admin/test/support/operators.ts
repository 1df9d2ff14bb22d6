import type { AuditEntryEntity } from '@penstock/entities';

import type { AdminApp, Answer, Json } from './admin-app.js';

export const PASSWORD = 'correct horse battery';

/** Headers that show a token. */
export type Credential = Record<string, string>;

export function bearer(token: string): Credential {
  return { authorization: `Bearer ${token}` };
}

/** A login attempt; `ip` is where it seems to come from. */
export function attempt(admin: AdminApp, email: string, password: string, ip = '10.0.0.1'): Promise<Answer> {
  return admin.call('POST', '/api/admin-users/login', { email, password }, { 'x-forwarded-for': ip });
}

/** Logs in; the credential of that login. */
export async function login(admin: AdminApp, email: string, password = PASSWORD): Promise<Credential> {
  const answer = await attempt(admin, email, password);
  if (answer.status !== 200) throw new Error(`the login was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return bearer(answer.body.access_token);
}

let created = 0;

/** An account made with the master key. */
export async function createUser(admin: AdminApp, role: string): Promise<Json> {
  created += 1;
  const answer = await admin.call('POST', '/api/admin-users', {
    email: `${role}-${created}@example.com`,
    display_name: `The ${role}`,
    password: PASSWORD,
    role,
  });
  if (answer.status !== 200)
    throw new Error(`an account was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** The chain of the system, from its start. */
export function systemAudit(admin: AdminApp): Promise<AuditEntryEntity[]> {
  return admin.db.getRepository<AuditEntryEntity>('AuditEntryEntity').find({
    where: { tenantId: '00000000-0000-0000-0000-000000000000' },
    order: { position: 'ASC' },
  });
}
