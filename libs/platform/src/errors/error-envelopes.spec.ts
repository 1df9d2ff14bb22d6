import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Delete, Get, HttpCode, Module, Param, Post, Query } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';

import { startTestApp, type TestApp } from '../../test/support/start-test-app.js';
import { UuidPipe } from '../validation/uuid.pipe.js';

class BudgetRequest {
  @IsInt()
  @Min(1)
  max_limit: number;
}

class CreateThingRequest {
  @IsString()
  name: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => BudgetRequest)
  budget?: BudgetRequest | null;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => BudgetRequest)
  budgets?: BudgetRequest[];
}

class ListQuery {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  limit?: number;
}

class Patch {
  @IsOptional()
  @IsString()
  name?: string | null;
}

@Controller('things')
class ThingsController {
  @Post()
  create(@Body() body: CreateThingRequest): CreateThingRequest {
    return body;
  }

  @Post('patches')
  @HttpCode(200)
  patch(@Body() body: Patch): { name: string | null } {
    return { name: body.name ?? null };
  }

  @Get()
  list(@Query() query: ListQuery): ListQuery {
    return query;
  }

  @Get('broken')
  broken(): never {
    throw new TypeError('password=hunter2 leaked by a driver');
  }

  @Get('down')
  down(): never {
    throw new AggregateError([Object.assign(new Error('connect 10.1.2.3'), { code: 'ECONNREFUSED' })]);
  }

  @Get('taken')
  taken(): never {
    throw new AppError('name_taken', { detail: 'The name a is taken.', data: { name: 'a' } });
  }

  @Get(':id')
  read(@Param('id', UuidPipe) id: string): { id: string } {
    return { id };
  }

  @Delete(':id')
  remove(@Param('id') id: string, @Body() body: unknown): { id: string; hasBody: boolean } {
    return { id, hasBody: body !== undefined };
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const json = { 'content-type': 'application/json' };
const surfaces = ['governance', 'admin', 'gateway'] as const;

describe.each(surfaces)('errors of the %s surface', (surface) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ module: ThingsModule, surface, bodyLimitBytes: 10_000 });
  });

  afterAll(() => app.close());

  async function ask(method: string, path: string, body?: string | Uint8Array, headers: Record<string, string> = json) {
    const response = await fetch(`${app.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    const parsed = JSON.parse(text) as Record<string, unknown>;
    const inner = surface === 'gateway' ? ((parsed['error'] ?? {}) as Record<string, unknown>) : parsed;
    const sentence = { governance: parsed['error'], admin: parsed['detail'], gateway: inner['message'] }[surface];
    return { status: response.status, text, parsed, code: inner['code'], sentence, response };
  }

  it('answers 404 and 405 in its envelope, 405 with Allow', async () => {
    const missing = await ask('GET', '/nothing?key=sk-secret');
    const wrongVerb = await ask('PUT', '/things/0198c1f2-aaaa-7bbb-8ccc-ddddeeeeffff?x=1', '{}');

    expect([missing.status, missing.code]).toEqual([404, 'not_found']);
    expect(typeof missing.sentence).toBe('string');
    expect(missing.text).not.toContain('sk-secret');
    expect([wrongVerb.status, wrongVerb.code]).toEqual([405, 'method_not_allowed']);
    expect(wrongVerb.response.headers.get('allow')).toBe('DELETE, GET, HEAD');
    expect(wrongVerb.parsed).not.toHaveProperty('allow');
  });

  it('answers 404 for an id that is longer than any, under a verb that is there, and does not repeat it', async () => {
    const { status, code, text } = await ask('GET', `/things/${'x'.repeat(300)}`);

    expect([status, code]).toEqual([404, 'not_found']);
    expect(text).not.toContain('xxx');
  });

  it('treats malformed JSON as its contract says and never quotes it', async () => {
    const { status, code, text } = await ask('POST', '/things', '{"name": sk-bf-secret}');

    expect([status, code]).toEqual([surface === 'admin' ? 422 : 400, 'request_malformed_json']);
    expect(text).not.toContain('sk-bf-secret');
    expect(app.text()).not.toContain('sk-bf-secret');
  });

  it('accepts an empty body with a JSON content type on DELETE', async () => {
    expect((await ask('DELETE', '/things/a')).parsed).toEqual({ id: 'a', hasBody: false });
  });

  it('takes no body for an empty object where everything is optional, and lists what is missing where not', async () => {
    expect((await ask('POST', '/things/patches')).parsed).toEqual({ name: null });
    expect((await ask('POST', '/things')).code).toBe('validation_failed');
  });

  it('answers 413 to a body over the limit, with and without a length', async () => {
    const large = `{"name":"${'x'.repeat(20_000)}"}`;
    expect((await ask('POST', '/things', large)).status).toBe(413);
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(large));
        controller.close();
      },
    });
    const chunked = await fetch(`${app.url}/things`, { method: 'POST', headers: json, body: stream, duplex: 'half' });
    expect(chunked.status).toBe(413);
    expect(await chunked.text()).toContain('request_too_large');
  });

  it('answers 415 to a body that is not JSON', async () => {
    const { status, sentence } = await ask('POST', '/things', 'name=a', { 'content-type': 'text/plain' });

    expect(status).toBe(415);
    expect(sentence).toContain('application/json');
  });

  it.each(['[]', '"text"', '5', 'null', 'true'])('refuses %s where an object is due', async (body) => {
    const { status, code } = await ask('POST', '/things/patches', body);

    expect([status, code]).toEqual([surface === 'admin' ? 422 : 400, 'validation_failed']);
  });

  it('refuses __proto__ (and nesting where DTOs are built from it) before a DTO sees them', async () => {
    expect((await ask('POST', '/things', '{"name":"a","__proto__":{"x":1}}')).status).toBe(400);
    if (surface !== 'gateway') {
      const deep = `{"name":"a","x":${'['.repeat(4_000)}${']'.repeat(4_000)}}`;
      expect((await ask('POST', '/things', deep)).status).toBe(400);
    }
  });

  it('hides what it did not expect and logs it with its stack', async () => {
    const { status, code, text } = await ask('GET', '/things/broken');

    expect([status, code]).toEqual([500, 'internal_unexpected']);
    expect(text).not.toContain('hunter2');
    const line = app.lines.find((entry) => entry['code'] === 'internal_unexpected');
    expect(line).toMatchObject({ level: 'error', route: '/things/broken', err: { type: 'TypeError' } });
  });

  it('says 503 with Retry-After when the database is away', async () => {
    const { status, code, text, response } = await ask('GET', '/things/down');

    expect([status, code]).toEqual([503, 'database_unavailable']);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(text).not.toContain('10.1.2.3');
  });

  it('passes the words, details and remedy of a known error on', async () => {
    const { status, code, sentence, text } = await ask('GET', '/things/taken');

    expect([status, code, sentence]).toEqual([400, 'name_taken', 'The name a is taken.']);
    expect(JSON.parse(text)).toEqual(
      {
        governance: expect.objectContaining({ name: 'a', remedy: 'Choose another name.' }),
        admin: expect.objectContaining({ remedy: 'Choose another name.' }),
        gateway: { error: expect.objectContaining({ name: 'a', type: 'invalid_request_error', param: null }) },
      }[surface],
    );
  });

  it('answers an address that cannot be decoded in its envelope', async () => {
    const { status, code, response } = await ask('GET', '/things/%zz');

    expect([status, code]).toEqual([400, 'request_invalid']);
    expect(response.headers.get('x-request-id')).toMatch(/./);
  });

  it('ignores unknown fields, keeps null, converts only what a DTO says', async () => {
    expect((await ask('POST', '/things', '{"name":"a","budget":null,"more":1}')).parsed).toEqual({
      name: 'a',
      budget: null,
    });
    expect((await ask('GET', '/things?limit=5')).parsed).toEqual({ limit: 5 });
    expect((await ask('GET', '/things/?limit=5')).status).toBe(200);
  });
});

describe('validation details', () => {
  const bad = '{"name":123,"budget":{"max_limit":"5"},"budgets":[{"max_limit":1},{"max_limit":0}]}';

  it('names fields and paths on the governance surface with 400', async () => {
    const app = await startTestApp({ module: ThingsModule });
    const response = await fetch(`${app.url}/things`, { method: 'POST', headers: json, body: bad });
    const body = (await response.json()) as { error: string; fields: { path: string; reason: string }[] };
    await app.close();

    expect(response.status).toBe(400);
    expect(body.error).toContain('name must be a string');
    expect(body.fields).toEqual(
      expect.arrayContaining([
        { path: 'name', reason: 'must be a string' },
        { path: 'budget.max_limit', reason: 'must be an integer number' },
        { path: 'budgets.1.max_limit', reason: 'must not be less than 1' },
      ]),
    );
  });

  it('lists type, loc and msg on the admin surface with 422', async () => {
    const app = await startTestApp({ module: ThingsModule, surface: 'admin' });
    const post = async (path: string, method: string, body?: string) =>
      (await (
        await fetch(`${app.url}${path}`, { method, headers: json, ...(body === undefined ? {} : { body }) })
      ).json()) as { detail: unknown };
    const [inBody, missing, inQuery, inPath] = [
      await post('/things', 'POST', bad),
      await post('/things', 'POST', '{}'),
      await post('/things?limit=1.5', 'GET'),
      await post('/things/not-a-uuid', 'GET'),
    ];
    await app.close();

    expect(inBody.detail).toContainEqual({ type: 'string_type', loc: ['body', 'name'], msg: 'must be a string' });
    expect(inBody.detail).toContainEqual({
      type: 'greater_than_equal',
      loc: ['body', 'budgets', 1, 'max_limit'],
      msg: 'must not be less than 1',
    });
    expect(missing.detail).toEqual([{ type: 'missing', loc: ['body', 'name'], msg: 'Field required' }]);
    expect(inQuery.detail).toEqual([{ type: 'int_type', loc: ['query', 'limit'], msg: 'must be an integer number' }]);
    expect(inPath.detail).toEqual([{ type: 'uuid_parsing', loc: ['path', 'id'], msg: 'must be a UUID' }]);
  });
});
