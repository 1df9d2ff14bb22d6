import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { AppError, IpRanges } from '@penstock/domain';
import { Strategy } from 'passport-custom';

import { type AuthenticateOptions, NOT_GOOD, type ShownCredentials } from './authentication-strategy.js';
import { bearerOf, isVirtualKey } from './bearer.js';
import type { TeamPrincipal } from './principal.js';
import type { TeamOfKey } from './team-keys.js';

/** `Authorization: Bearer <virtual key>`: a team that asks about itself. */
@Injectable()
export class TeamKeyStrategy extends PassportStrategy(Strategy, 'team-key') {
  constructor() {
    super({ passOptionsToCallback: true });
  }

  /**
   * Rejects when the key cannot be looked up.
   *
   * @throws AppError `ip_not_allowed`, `team_suspended`, `organization_suspended`: the key is good, its use is not.
   */
  async validate(
    { headers, ip, receivedAtMs }: ShownCredentials,
    { teams }: AuthenticateOptions,
  ): Promise<TeamPrincipal | typeof NOT_GOOD> {
    const key = bearerOf(headers);
    if (key === undefined || !isVirtualKey(key) || teams === undefined) return NOT_GOOD;
    const team = await teams.keys.find(teams.hasher.hash(key), receivedAtMs);
    if (team === null) return NOT_GOOD;
    const refusal = refusalOfTeam(team, ip);
    if (refusal !== null) throw refusal;
    // After the team: suspending it may have deactivated the key as well.
    if (!team.isKeyActive) return NOT_GOOD;
    const { teamId, organizationId, governanceTeamId, keyId } = team;
    return { kind: 'team', id: teamId, teamId, organizationId, governanceTeamId, keyId };
  }
}

/** Why the holder of a known key may not come in, if so: from where he calls, then his team, then its organization. */
export function refusalOfTeam(team: TeamOfKey, ip: string): AppError | null {
  const { allowedIps, teamStatus, organizationStatus } = team;
  if (allowedIps !== null && allowedIps.length > 0 && !IpRanges.parse(allowedIps).contains(ip)) {
    return new AppError('ip_not_allowed', { detail: `The virtual key may not be used from ${ip}.` });
  }
  if (teamStatus !== 'active') {
    return new AppError('team_suspended', { detail: `The team access is ${teamStatus}.` });
  }
  if (organizationStatus !== 'active') {
    return new AppError('organization_suspended', {
      detail: `The team access is ${organizationStatus}, as its organization is.`,
    });
  }
  return null;
}
