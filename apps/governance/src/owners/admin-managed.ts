import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import type { EntityManager } from 'typeorm';

/** An entity of the admin API behind one of governance. */
interface Managed {
  readonly id: string;
  readonly name: string;
}

/**
 * Customers, teams and keys that are faces of organizations and teams of the admin API. What they own beyond this
 * service (credits, models, books) goes and moves only there, so here they can be changed, but neither deleted nor moved.
 * Every organization and team is made together with its face, so who holds a lock on the face knows.
 */
@Injectable()
export class AdminManaged {
  /** @throws AppError `managed_by_admin` when the customer is an organization. */
  async refuseCustomer(tx: EntityManager, customerId: string): Promise<void> {
    const [organization]: Managed[] = await tx.query(
      'SELECT organization_id AS id, name FROM saas.organizations WHERE customer_id = $1',
      [customerId],
    );
    if (organization !== undefined) throw managed('customer', 'organization', organization, 'deleted');
  }

  /** @throws AppError `managed_by_admin` when one of the teams is a team of an organization. */
  async refuseTeams(tx: EntityManager, teamIds: readonly string[], deed: 'deleted' | 'moved'): Promise<void> {
    const [team]: Managed[] = await tx.query(
      `SELECT team_id AS id, team_alias AS name FROM saas.teams WHERE governance_team_id = ANY($1)
        ORDER BY team_id LIMIT 1`,
      [teamIds],
    );
    if (team !== undefined) throw managed('team', 'team', team, deed);
  }

  /** @throws AppError `managed_by_admin` when it is the key that was made with a team of an organization. */
  async refuseKeyMove(tx: EntityManager, keyId: string): Promise<void> {
    const [team]: Managed[] = await tx.query(
      'SELECT team_id AS id, team_alias AS name FROM saas.teams WHERE virtual_key_id = $1',
      [keyId],
    );
    if (team !== undefined) throw managed('virtual key', 'team', team, 'moved');
  }
}

function managed(
  what: string,
  owner: 'organization' | 'team',
  { id, name }: Managed,
  deed: 'deleted' | 'moved',
): AppError {
  const address = `/api/${owner}s/${encodeURIComponent(id)}`;
  const remedy =
    deed === 'deleted'
      ? `Delete the ${owner} with DELETE ${address}.`
      : `Leave it where it is; a ${owner} keeps its place as long as it lives.`;
  return new AppError('managed_by_admin', {
    detail: `The ${what} belongs to the ${owner} '${name}' (${id}) of the admin API and cannot be ${deed} here. ${remedy}`,
    data: { managed_by: { entity: owner, entity_id: id, entity_name: name }, remedy },
  });
}
