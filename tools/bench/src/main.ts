import { cpus } from 'node:os';
import { BenchRun } from './bench-run.js';
import { measureBacklog } from './measure-backlog.js';
import { measureBooks } from './measure-books.js';
import { measureFirstByte, measureLatency, measureLatencyAtRate } from './measure-latency.js';
import { measureLimitCount } from './measure-limit-count.js';
import { measureRounds } from './measure-rounds.js';
import { measureSoak } from './measure-soak.js';
import { measureTightBudgets } from './measure-tight-budgets.js';
import { parseOptions, type BenchOptions } from './options.js';
import { pinToCores, type Pinning } from './pinning.js';
import { ProfileFolder } from './profile-gateway.js';
import { progress } from './progress.js';
import { isCorrect, toJson, type Measurements } from './report.js';
import { toText } from './report-text.js';
import { ANSWER_TOKENS } from './request-body.js';
import { startSystem, type System } from './system.js';
import { createTenant } from './tenant.js';

async function main(): Promise<number> {
  const args = process.argv.slice(2).filter((arg) => arg !== '--');
  // Loaded for their command only: they bring libraries along that have no business in a load generator.
  if (args[0] === 'management') {
    const { benchManagement } = await import('./management/bench-management.js');
    return benchManagement(args.slice(1));
  }
  if (args[0] === 'reports') {
    const { benchReports } = await import('./reports/bench-reports.js');
    return benchReports(args.slice(1));
  }
  return benchCalls(args);
}

async function benchCalls(args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const options = parseOptions(args);
  if (process.platform !== 'linux') {
    progress('this benchmark reads CPU time from /proc and runs on Linux only.');
    return 2;
  }
  const cpuModel = cpus()[0]?.model ?? 'unknown CPU';
  const machine = `${cpuModel} x ${cpus().length}, Node ${process.versions.node}`;
  const pinning = pinToCores();
  progress(`${machine}; ${pinning.description}`);
  if (options.isProfile) return profile(options, pinning);

  const system = await startSystem(pinning, {});
  try {
    const measured = await measure(await prepare(system, options));
    const report: Measurements = {
      ...measured,
      machine,
      pinning: pinning.description,
      isPinned: pinning.launcher.length > 0,
      concurrency: options.concurrency,
      ratePerS: options.ratePerS,
      elapsedS: (performance.now() - startedMs) / 1000,
    };
    process.stdout.write(`${toText(report)}\n`);
    if (options.isJson) process.stdout.write(`${JSON.stringify(toJson(report))}\n`);
    return isCorrect(report) ? 0 : 1;
  } finally {
    await system.stop();
  }
}

/** Creates the tenant, sets the provider's answers and lets the compilers of both processes do their work. */
async function prepare(system: System, options: BenchOptions): Promise<BenchRun> {
  for (const url of [system.stack.simulatorUrl, system.ungovernedUpstream.url]) {
    await fetch(`${url}/__sim/behaviour`, { method: 'PUT', body: JSON.stringify({ completionTokens: ANSWER_TOKENS }) });
  }
  const run = new BenchRun(system, options, await createTenant(system.stack, 'bench'));
  progress('warming up');
  const { concurrency, warmUpMs } = options;
  await run.load('relay', { concurrency, durationMs: warmUpMs });
  await run.load('gateway', { concurrency, durationMs: 3 * warmUpMs });
  // What happened before the compilers were done is no finding.
  run.problems.length = 0;
  await run.settle();
  return run;
}

type Measured = Omit<Measurements, 'machine' | 'pinning' | 'isPinned' | 'concurrency' | 'ratePerS' | 'elapsedS'>;

async function measure(run: BenchRun): Promise<Measured> {
  const rounds = await measureRounds(run);
  const limitCount = await measureLimitCount(run);
  const latency = await measureLatency(run);
  const latencyAtRate = await measureLatencyAtRate(run);
  const firstByte = await measureFirstByte(run);
  const backlog = await measureBacklog(run);
  const tightBudgets = await measureTightBudgets(run);
  const soak = await measureSoak(run);
  const others = [limitCount.one, limitCount.full, ...tightBudgets].map(({ tenantId }) => tenantId);
  const books = await measureBooks(run, [run.tenant.customerId, ...others]);
  return {
    rounds,
    limitCount,
    latency,
    latencyAtRate,
    firstByte,
    backlog,
    tightBudgets,
    soak,
    books,
    problems: run.problems,
  };
}

async function profile(options: BenchOptions, pinning: Pinning): Promise<number> {
  const folder = new ProfileFolder();
  const system = await startSystem(pinning, folder.gatewayEnv);
  let loadStartedMs = 0;
  let gatewayEndedMs = 0;
  try {
    const run = await prepare(system, options);
    progress(`profiling ${options.roundMs / 1000} s of load`);
    loadStartedMs = performance.now();
    await run.load('gateway', { concurrency: options.concurrency, durationMs: options.roundMs });
    const [gateway] = system.stack.gateways;
    // Node writes the profile when the process ends by itself.
    await gateway?.stop();
    gatewayEndedMs = performance.now();
  } catch (error) {
    folder.remove();
    throw error;
  } finally {
    await system.stop();
  }
  process.stdout.write(`${folder.take(gatewayEndedMs - loadStartedMs)}\n`);
  return 0;
}

process.exitCode = await main();
