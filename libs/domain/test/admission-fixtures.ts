import {
  amountFor,
  type CallDecision,
  CallPolicy,
  type CallQuestion,
  type Encoding,
  judgeLimits,
  limitKey,
  LimitRefusedError,
  type LimitSpec,
  type PolicyFacts,
  type ProviderConfig,
  shapeOfChatRequest,
} from '../src/index.js';

export const NOW_MS = Date.UTC(2026, 10, 25, 12);
const DAY_MS = 86_400_000;

/** Priced by an override at whole nano-dollars: 1 per input token, 4 per output token (in thousands). */
export const PRICES = ['openai', 'groq', 'mistral'].map((provider) => ({
  id: provider,
  provider,
  model: 'proof',
  effectiveFromMs: 0,
  isFree: false,
  inputUsdPerMtok: '1',
  outputUsdPerMtok: '4',
}));

/** A policy of a key without limits unless told otherwise. */
export function policyOf(facts: Partial<PolicyFacts> = {}): CallPolicy {
  return new CallPolicy({
    epoch: 1,
    keyId: 'key',
    keyName: 'demo',
    teamId: null,
    isActive: true,
    suspension: null,
    expiresAtMs: null,
    allowedIps: null,
    allowedModels: null,
    allowedProviders: null,
    providerConfigs: [],
    modelRoutes: null,
    providerCredentials: [],
    limits: [],
    priceOverrides: PRICES,
    priceBook: [],
    credit: null,
    ...facts,
  });
}

/** A call of `openai/proof` with a short prompt and an answer of at most 100 tokens. */
export function questionOf(question: Partial<CallQuestion> = {}): CallQuestion {
  const body = { messages: [{ role: 'user', content: 'x' }], max_tokens: 100 };
  return {
    model: 'openai/proof',
    shape: shapeOfChatRequest(body, 100),
    providers: providersOf('openai', 'groq', 'mistral'),
    draw: 0,
    nowMs: NOW_MS,
    clientIp: null,
    ...question,
  };
}

export function providersOf(...names: string[]): CallQuestion['providers'] {
  return { has: (name) => names.includes(name), names: () => names };
}

export function configOf(provider: string, config: Partial<ProviderConfig> = {}): ProviderConfig {
  return { id: `config-${provider}`, provider, weight: 1, allowedModels: null, ...config };
}

/** The error that something throws. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

let seq = 0;

/** A limit of the key on tokens per day unless told otherwise. */
export function limitOf(cap: number | bigint, limit: Partial<LimitSpec> = {}): LimitSpec {
  seq += 1;
  const unit = limit.unit ?? 'tokens';
  return {
    key: limitKey(unit, seq),
    limitId: `limit-${seq}`,
    unit,
    entity: 'virtual_key',
    entityId: 'key',
    entityName: 'demo',
    cap: cap.toString(),
    generation: 1,
    window: { kind: 'rolling', durationMs: DAY_MS, anchorMs: 0 },
    durationText: '1d',
    ...limit,
  };
}

/** Counters in memory that reserve as the admission script does, and remember what was asked of them. */
export class MemoryPort {
  readonly totals = new Map<string, bigint>();
  readonly asked: string[] = [];
  counted = 0;

  constructor(
    readonly policy: CallPolicy,
    private readonly tokensOfText = 1,
  ) {}

  reserve(decide: (policy: CallPolicy) => CallDecision): Promise<readonly string[]> {
    return Promise.resolve().then(() => {
      const decision = decide(this.policy);
      const { provider, model, maxTokens, amounts } = decision;
      this.asked.push(`${provider}/${model}${maxTokens === undefined ? '' : ` max ${maxTokens}`}`);
      const plan = this.policy.planAt(NOW_MS, provider, model);
      const totals = plan.counterIds.map((id) => this.totals.get(id) ?? 0n);
      if (judgeLimits(plan, totals, amounts, NOW_MS).some(({ isExceeded }) => isExceeded)) {
        throw LimitRefusedError.of(decision, plan, totals, NOW_MS);
      }
      plan.chargedIds.forEach((id, index) => {
        this.totals.set(id, (totals[index] ?? 0n) + amountFor(plan.units[index] ?? 'requests', amounts));
      });
      return plan.chargedIds;
    });
  }

  countTokens(_encoding: Encoding): Promise<number> {
    this.counted += 1;
    return Promise.resolve(this.tokensOfText);
  }
}
