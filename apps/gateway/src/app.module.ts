import { hostname } from 'node:os';

import { Module } from '@nestjs/common';
import { type Clock, uuidv7 } from '@penstock/domain';
import { POLICY_CHANNEL, QUEUE_PREFIX, USAGE_RECORD_QUEUE, type UsageRecordJob } from '@penstock/dto';
import {
  AdmissionStore,
  type BaseConfig,
  CLOCK,
  KeyHasher,
  LOGGER,
  type Logger,
  Metrics,
  REDIS_COMMAND,
  REDIS_QUEUE_PRODUCER,
  REDIS_SUBSCRIBER,
  type RedisConnections,
  RedisModule,
  Shutdown,
  verifyJobCall,
} from '@penstock/platform';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { AdmissionService } from './admission/admission.service.js';
import { HeldAmounts } from './admission/held-amounts.js';
import { LimitReader } from './admission/limit-reader.js';
import { GatewayConfig } from './config.js';
import { GatewayEvents } from './gateway-events.js';
import { ManagementProxy } from './management/management-proxy.js';
import { ManagementProxyController } from './management/management-proxy.controller.js';
import { ChatAdmission } from './openai/chat/chat-admission.js';
import { ChatCompletionsController } from './openai/chat/chat-completions.controller.js';
import { ChatService } from './openai/chat/chat.service.js';
import { KeyController } from './openai/key.controller.js';
import { KeyService } from './openai/key.service.js';
import { ModelsController } from './openai/models.controller.js';
import { ModelsService } from './openai/models.service.js';
import { RevocableCalls } from './openai/chat/revocable-calls.js';
import { OwnerHeartbeat } from './owner-heartbeat.js';
import { GovernanceClient } from './policies/governance-client.js';
import { PolicyStore } from './policies/policy-store.js';
import { createOrganizationProviders, deadlinesOf } from './routing/create-organization-providers.js';
import { OrganizationProviders } from './routing/organization-providers.js';
import { ProviderRegistry } from './routing/providers.js';
import { UsageQueue } from './usage/usage-queue.js';

/** How often calls are looked at that may have lasted too long. */
const OVERDUE_CHECK_MS = 1_000;
/** How often running calls are looked at whose key may have been revoked without any message arriving. */
const REVOKED_CHECK_MS = 1_000;
/** Name of this process among the owners of holds. */
const OWNER_ID = Symbol('penstock.gateway.owner-id');

/**
 * The connection gives up later than whoever asked: the admission store has its own deadline, which reads the answers
 * that already lie in the socket before it calls a late event loop a late Redis.
 */
function commandDeadline(config: BaseConfig): RedisConnections {
  return config instanceof GatewayConfig
    ? { command: { commandTimeoutMs: 2 * config.PENSTOCK_STORE_DEADLINE_MS } }
    : {};
}

@Module({
  imports: [
    RedisModule.forRoot({
      roles: ['command', 'subscriber', 'queue-producer'],
      critical: true,
      connections: commandDeadline,
    }),
  ],
  // The more specific proxy route must come first.
  controllers: [ChatCompletionsController, ModelsController, KeyController, ManagementProxyController],
  providers: [
    { provide: OWNER_ID, useFactory: () => `${hostname()}-${process.pid}-${uuidv7()}` },
    {
      provide: GatewayEvents,
      inject: [LOGGER, Metrics],
      useFactory: (logger: Logger, metrics: Metrics) => new GatewayEvents(logger, metrics),
    },
    {
      provide: AdmissionStore,
      inject: [REDIS_COMMAND, GatewayEvents, GatewayConfig],
      useFactory: (redis: Redis, events: GatewayEvents, config: GatewayConfig) =>
        new AdmissionStore(redis, {
          deadlineMs: config.PENSTOCK_STORE_DEADLINE_MS,
          onAvailability: (isAvailable, cause) => events.storeAvailability(isAvailable, cause),
        }),
    },
    {
      provide: GovernanceClient,
      inject: [GatewayConfig, Shutdown],
      useFactory: (config: GatewayConfig, shutdown: Shutdown) => {
        const client = new GovernanceClient(config.PENSTOCK_GOVERNANCE_URL, config.PENSTOCK_SERVICE_TOKEN.reveal());
        shutdown.register('close', 'governance client', () => client.close());
        return client;
      },
    },
    {
      provide: PolicyStore,
      inject: [REDIS_COMMAND, AdmissionStore, GovernanceClient, GatewayConfig],
      useFactory: (redis: Redis, store: AdmissionStore, governance: GovernanceClient, config: GatewayConfig) =>
        new PolicyStore(redis, store, governance, new KeyHasher(config.PENSTOCK_KEY_HASH_SECRET)),
    },
    {
      provide: UsageQueue,
      inject: [REDIS_QUEUE_PRODUCER, GatewayConfig, GatewayEvents, Shutdown],
      useFactory: (redis: Redis, config: GatewayConfig, events: GatewayEvents, shutdown: Shutdown) => {
        const queue = new Queue<UsageRecordJob>(USAGE_RECORD_QUEUE, {
          connection: redis,
          prefix: QUEUE_PREFIX,
          skipVersionCheck: true,
          defaultJobOptions: {
            attempts: 1_000_000,
            backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
            removeOnComplete: 1_000,
          },
        });
        // Without a listener an error of the connection would end the process.
        queue.on('error', () => undefined);
        shutdown.register('close', 'usage queue', () => queue.close());
        return new UsageQueue(queue, {
          flushMs: config.PENSTOCK_USAGE_FLUSH_MS,
          batchMax: config.PENSTOCK_USAGE_BATCH_MAX,
          onError: (error) => events.usageNotQueued(error),
        });
      },
    },
    {
      provide: HeldAmounts,
      inject: [AdmissionStore, CLOCK],
      useFactory: (store: AdmissionStore, clock: Clock) => new HeldAmounts(store, clock),
    },
    {
      provide: LimitReader,
      inject: [AdmissionStore, HeldAmounts, PolicyStore, AdmissionService],
      useFactory: (store: AdmissionStore, held: HeldAmounts, policies: PolicyStore, admission: AdmissionService) =>
        new LimitReader(store, held, policies, admission),
    },
    {
      provide: RevocableCalls,
      inject: [PolicyStore, AdmissionStore, CLOCK, REDIS_SUBSCRIBER, Shutdown, GatewayEvents],
      useFactory: createRevocableCalls,
    },
    {
      provide: ChatAdmission,
      inject: [AdmissionService, ProviderRegistry, CLOCK, GatewayEvents, GatewayConfig],
      useFactory: (
        admission: AdmissionService,
        providers: ProviderRegistry,
        clock: Clock,
        events: GatewayEvents,
        config: GatewayConfig,
      ) => new ChatAdmission(admission, providers, clock, events, config.PENSTOCK_CALL_TIMEOUT_MS, Math.random),
    },
    {
      provide: AdmissionService,
      inject: [AdmissionStore, HeldAmounts, PolicyStore, UsageQueue, CLOCK, OwnerHeartbeat],
      useFactory: (
        store: AdmissionStore,
        held: HeldAmounts,
        policies: PolicyStore,
        usage: UsageQueue,
        clock: Clock,
        owner: OwnerHeartbeat,
      ) => new AdmissionService(store, held, policies, usage, clock, owner),
    },
    {
      provide: ProviderRegistry,
      inject: [GatewayConfig, Shutdown],
      useFactory: (config: GatewayConfig, shutdown: Shutdown) => {
        const registry = new ProviderRegistry(config.providers(), deadlinesOf(config));
        shutdown.register('close', 'providers', () => registry.close());
        return registry;
      },
    },
    {
      provide: OrganizationProviders,
      inject: [ProviderRegistry, GatewayConfig, Shutdown],
      useFactory: createOrganizationProviders,
    },
    {
      provide: OwnerHeartbeat,
      inject: [REDIS_COMMAND, OWNER_ID, GatewayConfig],
      useFactory: async (redis: Redis, ownerId: string, config: GatewayConfig) => {
        const heartbeat = new OwnerHeartbeat(redis, ownerId, config.PENSTOCK_OWNER_TTL_MS);
        await heartbeat.start();
        return heartbeat;
      },
    },
    {
      provide: ChatService,
      inject: [
        PolicyStore,
        ChatAdmission,
        AdmissionService,
        OrganizationProviders,
        RevocableCalls,
        CLOCK,
        GatewayEvents,
        GatewayConfig,
        Shutdown,
        UsageQueue,
        OwnerHeartbeat,
        Metrics,
      ],
      useFactory: createChatService,
    },
    {
      provide: ModelsService,
      inject: [PolicyStore, ProviderRegistry, CLOCK, GatewayEvents],
      useFactory: (policies: PolicyStore, providers: ProviderRegistry, clock: Clock, events: GatewayEvents) =>
        new ModelsService(policies, providers, clock, events),
    },
    {
      provide: KeyService,
      inject: [PolicyStore, LimitReader, CLOCK, GatewayEvents],
      useFactory: (policies: PolicyStore, limits: LimitReader, clock: Clock, events: GatewayEvents) =>
        new KeyService(policies, limits, clock, events),
    },
    {
      provide: ManagementProxy,
      inject: [GatewayConfig, Shutdown],
      useFactory: (config: GatewayConfig, shutdown: Shutdown) => {
        const proxy = new ManagementProxy({
          governanceUrl: config.PENSTOCK_GOVERNANCE_URL,
          adminUrl: config.PENSTOCK_ADMIN_URL,
        });
        shutdown.register('close', 'management proxy', () => proxy.close());
        return proxy;
      },
    },
  ],
})
export class AppModule {}

/** What may cut running calls: the news of policies, and a look at them every second for the news that were lost. */
function createRevocableCalls(
  policies: PolicyStore,
  store: AdmissionStore,
  clock: Clock,
  subscriber: Redis,
  shutdown: Shutdown,
  events: GatewayEvents,
): RevocableCalls {
  const revocable = new RevocableCalls(policies, store, clock);
  const report = (error: unknown): void => events.revocationCheckFailed(error);
  policies.follow(subscriber, POLICY_CHANNEL, (tenantId, epoch) => {
    revocable.policyChanged(tenantId, epoch).catch(report);
  });
  const watch = setInterval(() => void revocable.check().catch(report), REVOKED_CHECK_MS);
  shutdown.register('close', 'revoked calls', () => clearInterval(watch));
  return revocable;
}

/**
 * The chat service and the order in which it leaves: calls end (also those whose client is gone), settlements reach
 * Redis, the worker hears of them, and only then does the process stop saying that it is alive.
 */
function createChatService(
  policies: PolicyStore,
  chatAdmission: ChatAdmission,
  admission: AdmissionService,
  providers: OrganizationProviders,
  revocable: RevocableCalls,
  clock: Clock,
  events: GatewayEvents,
  config: GatewayConfig,
  shutdown: Shutdown,
  usage: UsageQueue,
  heartbeat: OwnerHeartbeat,
  metrics: Metrics,
): ChatService {
  const chat = new ChatService(policies, chatAdmission, admission, providers, revocable, clock, events, {
    bodyBytesMax: config.PENSTOCK_BODY_BYTES_MAX,
    answerBytesMax: config.PENSTOCK_ANSWER_BYTES_MAX,
    inFlightMax: config.PENSTOCK_IN_FLIGHT_MAX,
    callTimeoutMs: config.PENSTOCK_CALL_TIMEOUT_MS,
    drainMaxMs: config.PENSTOCK_DRAIN_MAX_MS,
    readJobCall: (header, nowMs) => verifyJobCall(config.PENSTOCK_SERVICE_TOKEN, header, nowMs),
  });
  metrics.gauge({
    name: 'penstock_gateway_calls_in_flight',
    help: 'Calls that are being decided or served, those included whose client has left.',
    collect() {
      this.set(chat.callsInFlight);
    },
  });
  metrics.gauge({
    name: 'penstock_gateway_settlements_pending',
    help: 'Settlements that wait for Redis to come back.',
    collect() {
      this.set(admission.pendingSettlements);
    },
  });
  const watch = setInterval(() => chat.cutOverdue(), OVERDUE_CHECK_MS);
  shutdown.register('close', 'overdue calls', () => clearInterval(watch));
  heartbeat.follow(() => chat.drained());
  shutdown.register('flush', 'calls whose client has left', () => chat.drained());
  shutdown.register('flush', 'calls that do not end', async () => {
    chat.cutAll();
    await chat.drained();
  });
  shutdown.register('flush', 'usage queue', () => usage.flush());
  shutdown.register('flush', 'owner heartbeat', () => heartbeat.stop());
  return chat;
}
