import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { Module, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DocumentBuilder, OpenAPIObject } from '@nestjs/swagger';
import { SystemClock } from '@penstock/domain';

import { PlatformModule } from '../bootstrap/platform.module.js';
import { BaseConfig } from '../config/base-config.js';
import { HealthRegistry } from '../health/health-registry.js';
import { createLogger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { Shutdown } from '../shutdown/shutdown.js';
import { declareCommonAnswers } from './common-answers.js';
import { serveDocs } from './docs-page.js';

/** The head of a document. */
export interface OpenApiOptions {
  title: string;
  description: string;
  version?: string;
  /** As given to `app.setGlobalPrefix`. */
  globalPrefix?: string;
  /** Whether the server reads the bodies of all routes itself, and so answers 400, 413 and 415 in their stead. */
  readsBodies?: boolean;
  /** How callers identify themselves, by the names that the routes refer to. Operators' credentials when absent. */
  securitySchemes?: Readonly<Record<string, Parameters<DocumentBuilder['addSecurity']>[1]>>;
}

/** The credentials of operators, as documents name them. */
export const operatorSchemes: NonNullable<OpenApiOptions['securitySchemes']> = {
  adminKey: { type: 'apiKey', in: 'header', name: 'X-Admin-Key' },
  operatorToken: { scheme: 'bearer', bearerFormat: 'JWT', type: 'http' },
};

/** Serves the document at `/openapi.json`, made when it is first asked for, and a page to read it at `/docs`. */
export function setupOpenApi(app: NestFastifyApplication, options: OpenApiOptions): void {
  serveDocs(app.getHttpAdapter().getInstance(), options.title);
  let text: Promise<string> | undefined;
  app
    .getHttpAdapter()
    .getInstance()
    .get('/openapi.json', async (_request, reply) => {
      text ??= describeApp(app, options).then((document) => JSON.stringify(document));
      return reply.type('application/json; charset=utf-8').send(await text);
    });
}

/**
 * Writes the document of a module without starting it: providers are not made, nothing connects. The text is
 * the same for the same code, so CI can compare. `config` may be an instance without values, such as
 * `new GovernanceConfig()`: it is only there to be injectable.
 */
export async function writeOpenApi(
  module: Type | DynamicModule,
  file: string,
  options: OpenApiOptions & { config?: BaseConfig },
): Promise<void> {
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: DescribedModule, imports: [unusedPlatform(options.config ?? new BaseConfig()), module] },
    new FastifyAdapter(),
    { preview: true, abortOnError: false, logger: ['error', 'fatal'] },
  );
  if (options.globalPrefix !== undefined) {
    app.setGlobalPrefix(options.globalPrefix);
  }
  const document = await describeApp(app, options);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
}

@Module({})
class DescribedModule {}

/** Nest wants to see every dependency, though it makes none. */
function unusedPlatform(config: BaseConfig): DynamicModule {
  const logger = createLogger('openapi', { level: 'silent' });
  const health = new HealthRegistry('openapi', logger, () => false);
  return PlatformModule.with({
    config,
    logger,
    health,
    clock: new SystemClock(),
    metrics: new Metrics('openapi'),
    shutdown: new Shutdown(logger),
  });
}

async function describeApp(app: INestApplication, options: OpenApiOptions): Promise<OpenAPIObject> {
  // Loaded here, because a process that never describes itself should not carry it.
  const { DocumentBuilder, SwaggerModule } = await import('@nestjs/swagger');
  const head = new DocumentBuilder()
    .setTitle(options.title)
    .setDescription(options.description)
    .setVersion(options.version ?? '1')
    .setOpenAPIVersion('3.1.0');
  for (const [name, scheme] of Object.entries(options.securitySchemes ?? operatorSchemes)) {
    head.addSecurity(name, scheme);
  }
  const document = SwaggerModule.createDocument(app, head.build());
  if (options.readsBodies === true) declareCommonAnswers(document);
  return document;
}
