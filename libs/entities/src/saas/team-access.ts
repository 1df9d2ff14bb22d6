import type { DataSource } from 'typeorm';

/** An unexpired virtual key, and its team. */
export interface KeyedTeam {
  readonly keyId: string;
  readonly isKeyActive: boolean;
  readonly allowedIps: string[] | null;
  readonly teamId: string;
  readonly organizationId: string;
  readonly governanceTeamId: string;
  readonly teamStatus: string;
  readonly organizationStatus: string;
}

/** The team whose unexpired virtual key has this hash; null when there is none. */
export async function findTeamOfKey(dataSource: DataSource, keyHash: string, nowMs: number): Promise<KeyedTeam | null> {
  const [row]: KeyedTeam[] = await dataSource.query(
    `SELECT k.id AS "keyId", k.is_active AS "isKeyActive", k.allowed_ips AS "allowedIps",
            t.team_id AS "teamId", t.organization_id AS "organizationId", t.governance_team_id AS "governanceTeamId",
            t.status AS "teamStatus", o.status AS "organizationStatus"
       FROM governance.virtual_key_secrets s
       JOIN governance.virtual_keys k ON k.id = s.virtual_key_id
       JOIN saas.teams t ON t.governance_team_id = k.team_id
       JOIN saas.organizations o ON o.organization_id = t.organization_id
      WHERE s.key_hash = $1
        AND (s.expires_at IS NULL OR s.expires_at > $2) AND (k.expires_at IS NULL OR k.expires_at > $2)`,
    [keyHash, new Date(nowMs)],
  );
  return row ?? null;
}
