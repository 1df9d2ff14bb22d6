import { adminClient, type AdminClient } from '@penstock/testing';
import type pg from 'pg';

/** The organization that is reported on, as the API has made it. */
export interface SeededOrganization {
  readonly id: string;
  /** Its customer of governance: whose calls they are. */
  readonly tenantId: string;
  /** In the order of their names. */
  readonly teamIds: readonly string[];
  /** Value of the virtual key of the first team. */
  readonly teamKey: string;
  readonly models: readonly PricedModel[];
}

/** A model of the bundled catalogue, and what a token of it costs. */
export interface PricedModel {
  readonly provider: string;
  readonly model: string;
  readonly priceId: string;
  readonly inputNanoUsd: number;
  readonly outputNanoUsd: number;
}

const ORGANIZATION_ID = 'acme';
const CREDITS = 10_000_000;
/** Four providers, and prices of whole nano-dollars per token: the seeded costs are what a gateway would have charged. */
const MODELS: readonly (readonly [string, string])[] = [
  ['openai', 'gpt-4o-mini'],
  ['openai', 'gpt-4o'],
  ['openai', 'gpt-4.1-mini'],
  ['anthropic', 'claude-3-5-haiku-latest'],
  ['anthropic', 'claude-sonnet-4-0'],
  ['groq', 'llama-3.3-70b-versatile'],
  ['mistral', 'mistral-large-latest'],
  ['mistral', 'mistral-small-latest'],
];

/** Creates the organization and its teams through the API; their first day becomes one of the year before. */
export async function seedOrganization(
  stack: { readonly adminUrl: string; readonly masterKey: string },
  database: pg.Client,
  teams: number,
): Promise<SeededOrganization> {
  const admin = adminClient(stack);
  const { customer_id: tenantId } = await admin.ok('POST', '/organizations/create', {
    organization_id: ORGANIZATION_ID,
    name: 'Acme',
    create_default_team: false,
  });
  const teamIds: string[] = [];
  const keys: string[] = [];
  for (let index = 0; index < teams; index += 1) {
    const teamId = `team_${String(index).padStart(4, '0')}`;
    const team = await admin.ok('POST', '/teams/create', {
      organization_id: ORGANIZATION_ID,
      team_id: teamId,
      credits_allocated: CREDITS,
    });
    teamIds.push(teamId);
    keys.push(String(team['virtual_key']));
  }
  await database.query(
    `UPDATE saas.organizations SET created_at = created_at - interval '13 months' WHERE organization_id = $1`,
    [ORGANIZATION_ID],
  );
  const models: PricedModel[] = [];
  for (const [provider, model] of MODELS) models.push(await priceOf(admin, provider, model));
  return { id: ORGANIZATION_ID, tenantId: String(tenantId), teamIds, teamKey: keys[0] ?? '', models };
}

/** The first tier of a price, as the catalogue shows it. */
interface ListedPrice {
  readonly price_id: string | null;
  readonly tiers: readonly { readonly input_usd_per_mtok: number; readonly output_usd_per_mtok: number }[];
}

async function priceOf(admin: AdminClient, provider: string, model: string): Promise<PricedModel> {
  const { prices } = await admin.ok('GET', `/prices/catalogue?provider=${provider}&model=${model}`);
  const [price] = prices as ListedPrice[];
  const tier = price?.tiers[0];
  if (tier === undefined || typeof price?.price_id !== 'string') throw new Error(`${provider}/${model} has no price.`);
  return {
    provider,
    model,
    priceId: price.price_id,
    inputNanoUsd: nanoUsdPerToken(tier.input_usd_per_mtok),
    outputNanoUsd: nanoUsdPerToken(tier.output_usd_per_mtok),
  };
}

function nanoUsdPerToken(usdPerMtok: number): number {
  const nano = Math.round(usdPerMtok * 1_000);
  if (Math.abs(nano - usdPerMtok * 1_000) > 1e-6) throw new Error(`${usdPerMtok} USD per million is no whole price.`);
  return nano;
}
