import { WorkerHost } from '@nestjs/bullmq';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { CREDIT_UPKEEP_QUEUE, USAGE_RECORD_QUEUE } from '@penstock/dto';
import { LOGGER, type Logger, Shutdown } from '@penstock/platform';

import { WorkerConfig } from '../config.js';

/** Every queue that some process fills. One that nobody empties would lose work silently. */
export const DECLARED_QUEUES: readonly string[] = [USAGE_RECORD_QUEUE, CREDIT_UPKEEP_QUEUE];

/** Begins to consume when the whole app is up, and stops consuming before anything it needs is closed. */
@Injectable()
export class QueueRunner implements OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly config: WorkerConfig,
    private readonly shutdown: Shutdown,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const hosts = this.discovery
      .getProviders()
      .map(({ instance }): unknown => instance)
      .filter((instance): instance is WorkerHost => instance instanceof WorkerHost);
    assertOneProcessorEach(
      DECLARED_QUEUES,
      hosts.map(({ worker }) => worker.name),
    );
    for (const { worker } of hosts) {
      worker.concurrency = this.config.PENSTOCK_WORKER_CONCURRENCY;
      // Resolves once the running jobs have finished.
      this.shutdown.register('stop', `queue ${worker.name}`, () => worker.close());
      worker.run().catch((error: unknown) => {
        this.logger.fatal({ queue: worker.name, err: error }, 'a queue is no longer consumed');
      });
    }
  }
}

/** @throws Error naming every queue without a processor, with several, and every processor without a queue */
export function assertOneProcessorEach(queues: readonly string[], processors: readonly string[]): void {
  const problems = [...new Set([...queues, ...processors])].flatMap((name) => {
    const count = processors.filter((processor) => processor === name).length;
    if (!queues.includes(name)) return [`the processor of "${name}" consumes a queue that is not declared`];
    return count === 1 ? [] : [`queue "${name}" has ${count} processors instead of one`];
  });
  if (problems.length > 0) throw new Error(`The worker cannot start: ${problems.join('; ')}.`);
}
