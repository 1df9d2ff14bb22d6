import { describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Inject, Injectable, Module, Post } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startTestApp } from '../../test/support/start-test-app.js';
import { OperatorAuthModule } from '../auth/operator-auth.module.js';
import { LOGGER, type Logger } from '../logging/logger.js';
import { RedisModule } from '../redis/redis.module.js';
import { setupOpenApi, writeOpenApi } from './openapi.js';

let connections = 0;

@Injectable()
class Connection {
  constructor() {
    connections += 1;
  }
}

class CreateTeamRequest {
  @ApiProperty({ type: String })
  @IsString()
  name: string;
}

@Controller('teams')
class TeamsController {
  constructor(
    readonly connection: Connection,
    @Inject(LOGGER) readonly logger: Logger,
  ) {}

  @Get()
  list(): string[] {
    return [];
  }

  @Post()
  create(@Body() body: CreateTeamRequest): CreateTeamRequest {
    return body;
  }
}

@Module({ controllers: [TeamsController], providers: [Connection] })
class TeamsModule {}

@Module({
  imports: [
    TeamsModule,
    OperatorAuthModule.forRoot({ masterKey: 'key' }),
    RedisModule.forRoot({ roles: ['command'], critical: true }),
  ],
})
class WholeModule {}

const head = { title: 'Sample', description: 'A sample.' };

describe('OpenAPI', () => {
  it('is written from the code without making a provider, the same text each time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'openapi-'));
    const before = connections;
    await writeOpenApi(WholeModule, join(folder, 'docs/a.json'), head);
    await writeOpenApi(WholeModule, join(folder, 'docs/b.json'), head);
    const [first, second] = await Promise.all(
      ['a', 'b'].map((name) => readFile(join(folder, `docs/${name}.json`), 'utf8')),
    );
    await rm(folder, { recursive: true });

    expect(connections).toBe(before);
    expect(first).toBe(second);
    expect(JSON.parse(first ?? '')).toMatchObject({
      info: { title: 'Sample' },
      paths: { '/teams': { get: {}, post: {} } },
      components: { schemas: { CreateTeamRequest: { required: ['name'] } }, securitySchemes: { adminKey: {} } },
    });
  });

  it('is served by the app it describes', async () => {
    const app = await startTestApp({ module: TeamsModule, configure: (nest) => setupOpenApi(nest, head) });
    const document = (await (await fetch(`${app.url}/openapi.json`)).json()) as { paths: object };
    await app.close();

    expect(Object.keys(document.paths)).toEqual(['/teams']);
  });
});
