import { Body, Controller, Header, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { NO_OVERLAP, RotateTeamKeyRequest } from './team-keys.requests.js';
import { TeamKeys } from './team-keys.js';
import { TeamKeyResponse } from './team.response.js';
import { toTeamKeyResponse } from './teams.mapping.js';

@ApiTags('teams')
@Controller('api/teams')
export class TeamKeysController {
  constructor(private readonly keys: TeamKeys) {}

  @Post(':id/rotate-key')
  @Header('cache-control', 'no-store')
  @Answers(TeamKeyResponse, [404, 409, 422])
  async rotate(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Body() { overlap }: RotateTeamKeyRequest,
  ): Promise<Changed<TeamKeyResponse>> {
    const rotated = await this.keys.rotate(ctx, id, overlap ?? NO_OVERLAP);
    return rotated.map((key) => toTeamKeyResponse(id, key));
  }
}
