import type { OperatorRole } from './operator-roles.js';

/** A team that showed its virtual key. */
export interface TeamPrincipal {
  kind: 'team';
  /** The same as {@link teamId}: who acts, for the audit log. */
  id: string;
  /** Id of the team in the admin API, chosen by the operator. */
  teamId: string;
  organizationId: string;
  /** UUID of its twin in the governance API. */
  governanceTeamId: string;
  /** UUID of the virtual key that was shown. */
  keyId: string;
}

/** Who is behind a request. */
export type Principal =
  | {
      kind: 'operator';
      /** Id of the admin user, or `master-key`. */
      id: string;
      role: OperatorRole;
      /** The login behind the request; null for the master key. */
      sessionId: string | null;
    }
  | TeamPrincipal
  | { kind: 'service'; id: string };

/** The operator that the master key stands for. */
export const masterKeyPrincipal: Principal = Object.freeze({
  kind: 'operator',
  id: 'master-key',
  role: 'owner',
  sessionId: null,
});

/** A gateway that showed the service token. */
export const gatewayPrincipal: Principal = Object.freeze({ kind: 'service', id: 'gateway' });

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard that let the request in; null on public routes. */
    principal: Principal | null;
    /** When the request came in, in milliseconds since the epoch. */
    receivedAtMs: number;
  }
}
