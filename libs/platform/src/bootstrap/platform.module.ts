import { Module, type DynamicModule } from '@nestjs/common';
import type { Clock } from '@penstock/domain';

import { BaseConfig } from '../config/base-config.js';
import { HealthRegistry } from '../health/health-registry.js';
import { LOGGER, type Logger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { Shutdown } from '../shutdown/shutdown.js';

/** Injection token of the app's clock. */
export const CLOCK = Symbol('penstock.clock');

/** What every feature of an app may inject. */
export interface PlatformServices {
  config: BaseConfig;
  logger: Logger;
  clock: Clock;
  metrics: Metrics;
  health: HealthRegistry;
  shutdown: Shutdown;
}

/** Makes the services injectable everywhere; the configuration also under its own class. */
@Module({})
export class PlatformModule {
  static with(services: PlatformServices): DynamicModule {
    const { config, logger, clock, metrics, health, shutdown } = services;
    const providers = [
      { provide: BaseConfig, useValue: config },
      { provide: config.constructor, useValue: config },
      { provide: LOGGER, useValue: logger },
      { provide: CLOCK, useValue: clock },
      { provide: Metrics, useValue: metrics },
      { provide: HealthRegistry, useValue: health },
      { provide: Shutdown, useValue: shutdown },
    ];
    return {
      module: PlatformModule,
      global: true,
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}
