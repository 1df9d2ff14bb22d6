import path from 'node:path';

import { runMigrations } from '@penstock/entities';
import { Reaper } from '@penstock/servers';

import { createApps, urlOf } from './apps.js';
import { banner } from './banner.js';
import type { LocalConfig } from './config.js';
import { waitForEmptyQueue } from './drain.js';
import { isTrouble, LinePrinter } from './log-line.js';
import { assertPortsFree } from './port-check.js';
import { say } from './progress.js';
import { RunLock } from './run-lock.js';
import { loadSecrets, type LocalSecrets, writePrivately } from './secrets.js';
import { seedDemo } from './seed.js';
import type { Service } from './service.js';
import { StartError } from './start-error.js';
import { startPostgres, startRedis } from './stores.js';
import { Supervisor } from './supervisor.js';

const DRAIN_TIMEOUT_MS = 15_000;
/** They write about everything; of the stores only what matters comes here. */
const APPS = new Set(['gateway', 'governance', 'admin', 'worker', 'simulator']);

/** The whole system on one machine: starts it, keeps it running and stops it in order. */
export class LocalStack {
  private readonly reaper = new Reaper();
  private readonly printers = new Map<string, LinePrinter>();
  private readonly supervisor: Supervisor;
  /** In the order of their start. */
  private readonly services: Service[] = [];
  private lock: RunLock | undefined;
  private redisUrl: string | undefined;
  private isStopping = false;
  /** Until the banner only trouble is printed; a failed start shows the last lines of its process anyway. */
  private isReady = false;

  /** `giveUp` is called when a process cannot be kept running. */
  constructor(
    private readonly config: LocalConfig,
    giveUp: (error: StartError) => void,
  ) {
    this.supervisor = new Supervisor({ say, giveUp: (sentence, output) => giveUp(new StartError(sentence, output)) });
  }

  /** Starts everything and resolves when every GET /health answers 200 and the demo tenant is there. */
  async start(): Promise<void> {
    const { config } = this;
    this.lock = RunLock.take(config.localDir);
    await assertPortsFree(config);
    const secrets = loadSecrets(config);
    const print = (name: string, line: string): void => this.print(name, line);

    say('starting PostgreSQL and Redis');
    const context = { config, secrets, reaper: this.reaper, print };
    // One after the other in the order of registration: the reaper stops the youngest first.
    const database = await startPostgres(context);
    if (database.service !== undefined) this.services.push(database.service);
    const redis = await startRedis(context);
    if (redis.service !== undefined) this.services.push(redis.service);
    this.redisUrl = redis.url;
    this.throwIfStopping();

    const applied = await runMigrations(database.url);
    if (applied.length > 0) say(`database is migrated (${applied.length} new)`);
    this.throwIfStopping();

    const apps = createApps({ ...context, databaseUrl: database.url, redisUrl: redis.url });
    say(`starting ${apps.map(({ name }) => name).join(', ')}`);
    this.services.push(...apps);
    await Promise.all(apps.map((app) => app.start()));
    this.throwIfStopping();
    for (const service of this.services) this.supervisor.watch(service);

    await this.introduce(secrets, database.url, redis.url);
  }

  /** Stops callers before what they call: nothing that was accepted is lost. Says so unless the start failed. */
  async stop({ isQuiet = false } = {}): Promise<void> {
    const tell = (text: string): void => {
      if (!isQuiet) say(text);
    };
    this.isStopping = true;
    this.supervisor.standDown();
    for (const service of this.services.toReversed()) {
      if (service.process?.isRunning !== true) continue;
      if (service.name === 'worker' && this.redisUrl !== undefined)
        await waitForEmptyQueue(this.redisUrl, DRAIN_TIMEOUT_MS);
      tell(`stopping ${service.name}`);
      const { wasKilled } = await service.stop();
      if (wasKilled) say(`${service.name} did not stop in time and was killed`);
    }
    // Whatever died in a restart or was started while we stopped.
    await this.reaper.close();
    this.lock?.release();
    if (this.lock !== undefined) tell('stopped; the data stays for the next start');
  }

  /** Ends everything now. PostgreSQL and Redis recover from their logs at the next start. */
  async force(): Promise<void> {
    this.isStopping = true;
    this.supervisor.standDown();
    for (const service of this.services.toReversed()) service.kill();
    await this.reaper.close();
    this.lock?.release();
  }

  private throwIfStopping(): void {
    if (this.isStopping) throw new StartError('The start was interrupted.');
  }

  private async introduce(secrets: LocalSecrets, databaseUrl: string, redisUrl: string): Promise<void> {
    const { config } = this;
    const gatewayUrl = urlOf(config, 'gateway');
    const governanceUrl = urlOf(config, 'governance');
    const adminUrl = urlOf(config, 'admin');
    const { virtualKey } = await seedDemo({ governanceUrl, adminUrl, masterKey: secrets.MASTER_KEY });
    const credentialsFile = path.join(config.localDir, 'credentials.json');
    writePrivately(credentialsFile, {
      gateway_url: gatewayUrl,
      governance_url: governanceUrl,
      admin_url: adminUrl,
      admin_key: secrets.MASTER_KEY,
      database_url: databaseUrl,
      redis_url: redisUrl,
      demo_virtual_key: virtualKey,
    });
    say('ready');
    this.isReady = true;
    process.stdout.write(
      banner({
        gatewayUrl,
        governanceUrl,
        adminUrl,
        workerUrl: urlOf(config, 'worker'),
        databasePlace: new URL(databaseUrl).host,
        redisPlace: new URL(redisUrl).host,
        provider: config.hasSimulator
          ? `simulator ${urlOf(config, 'simulator')} (set OPENAI_API_KEY for the real one)`
          : 'as the environment says',
        virtualKey,
        model: config.demoModel,
        credentialsFile,
      }),
    );
  }

  private print(name: string, line: string): void {
    if (!this.isReady && APPS.has(name) && !isTrouble(line)) return;
    let printer = this.printers.get(name);
    if (printer === undefined) {
      printer = new LinePrinter(name, this.printers.size, process.stdout.isTTY);
      this.printers.set(name, printer);
    }
    process.stdout.write(printer.format(line));
  }
}
