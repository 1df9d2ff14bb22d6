import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { CreditAccountEntity } from '@penstock/entities';
import {
  type Change,
  type Changed,
  CreditWithdrawals,
  nextTimestamp,
  PolicyChanges,
  raiseCreditAlerts,
  standingOf,
} from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import { CreditAccounts } from '../credit-accounts.js';
import { settingsForAudit, toAutoRefillResponse, toConversionRatesResponse } from './settings.mapping.js';
import { budgetModeOf, planAutoRefill, planRates } from './plan-terms.js';
import type { AutoRefillRequest, BudgetModeRequest, CreditSettingsRequest, RatesRequest } from './settings.requests.js';
import type { AutoRefillResponse, BudgetModeResponse, ConversionRatesResponse } from './settings.responses.js';

type Locked = Awaited<ReturnType<CreditAccounts['lock']>>;
type Settings = Partial<
  Pick<
    CreditAccountEntity,
    | 'budgetMode'
    | 'creditsPerDollar'
    | 'tokensPerCredit'
    | 'overdraftCredits'
    | 'lowBalanceThresholdCredits'
    | 'autoRefill'
    | 'refillCredits'
    | 'refillPeriod'
    | 'refillAnchorAt'
    | 'nextRefillAt'
  >
>;

/** An overdraft may change while credits are kept free for lowering it. */
const ATTEMPTS_MAX = 3;

/** How a team's credits are used, refilled and watched. */
@Injectable()
export class SettingsService {
  constructor(
    private readonly accounts: CreditAccounts,
    private readonly changes: PolicyChanges,
    private readonly withdrawals: CreditWithdrawals,
  ) {}

  async conversionRates(teamId: string): Promise<ConversionRatesResponse> {
    const { account } = await this.accounts.find(teamId);
    return toConversionRatesResponse(account);
  }

  async changeRates(
    ctx: RequestContext,
    teamId: string,
    body: RatesRequest,
  ): Promise<Changed<ConversionRatesResponse>> {
    const changed = await this.change(ctx, teamId, 'credits.rates_changed', (account) => planRates(account, body));
    return changed.map(toConversionRatesResponse);
  }

  /** @throws AppError in the order of the contract: mode, team, rates. */
  async changeBudgetMode(
    ctx: RequestContext,
    teamId: string,
    body: BudgetModeRequest,
  ): Promise<Changed<BudgetModeResponse>> {
    const budgetMode = budgetModeOf(body.budget_mode);
    const changed = await this.change(ctx, teamId, 'credits.budget_mode_changed', (account) => ({
      budgetMode,
      ...planRates(account, body),
    }));
    return changed.map((account) => ({
      team_id: teamId,
      budget_mode: account.budgetMode,
      credits_per_dollar: Number(account.creditsPerDollar),
      tokens_per_credit: Number(account.tokensPerCredit),
      message: `The budget mode is ${account.budgetMode}; jobs that run already are charged as they began.`,
    }));
  }

  async configureAutoRefill(
    ctx: RequestContext,
    teamId: string,
    body: AutoRefillRequest,
  ): Promise<Changed<AutoRefillResponse>> {
    const changed = await this.change(ctx, teamId, 'credits.auto_refill_configured', (account) =>
      planAutoRefill(account, body, new Date(ctx.nowMs)),
    );
    return changed.map(toAutoRefillResponse);
  }

  /** @throws AppError `credits_insufficient` for an overdraft that is lower than what is used or held of it. */
  async changeSettings(
    ctx: RequestContext,
    teamId: string,
    body: CreditSettingsRequest,
    attempt = 1,
  ): Promise<Changed<CreditAccountEntity>> {
    const { overdraft_credits: asked, low_balance_threshold_credits: threshold } = body;
    const settings: Settings = {
      ...(typeof asked === 'number' ? { overdraftCredits: BigInt(asked) } : {}),
      ...(threshold === undefined ? {} : { lowBalanceThresholdCredits: threshold === null ? null : BigInt(threshold) }),
    };
    const { account: known } = await this.accounts.find(teamId);
    const takenAway = known.overdraftCredits - (settings.overdraftCredits ?? known.overdraftCredits);
    if (takenAway <= 0n) {
      return this.change(ctx, teamId, 'credits.settings_changed', (account) => {
        if ((settings.overdraftCredits ?? account.overdraftCredits) < account.overdraftCredits) {
          throw new AppError('store_unavailable', { detail: 'The overdraft was changed at the same time. Try again.' });
        }
        return settings;
      });
    }
    let isOutdated = false;
    const changed = await this.withdrawals.run(
      ctx,
      { accountId: known.id, credits: takenAway, isOfOverdraft: true },
      async (change, account) => {
        isOutdated = account.overdraftCredits !== known.overdraftCredits;
        if (!isOutdated) await this.apply(change, account as Locked, settings, 'credits.settings_changed');
        return account;
      },
    );
    if (!isOutdated) return changed;
    if (attempt >= ATTEMPTS_MAX) throw new AppError('store_unavailable');
    return this.changeSettings(ctx, teamId, body, attempt + 1);
  }

  private change(
    ctx: RequestContext,
    teamId: string,
    action: string,
    plan: (account: Locked) => Settings,
  ): Promise<Changed<CreditAccountEntity>> {
    return this.changes.run(ctx, async (change) => {
      const account = await this.accounts.lock(change.tx, teamId);
      await this.apply(change, account, plan(account), action);
      return account;
    });
  }

  /** The same settings again change nothing, and leave nothing in the audit trail. */
  private async apply(change: Change, account: Locked, settings: Settings, action: string): Promise<void> {
    const [before, standing] = [settingsForAudit(account), standingOf(account)];
    Object.assign(account, settings);
    const after = settingsForAudit(account);
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    account.updatedAt = nextTimestamp(account.updatedAt, change.now);
    await change.tx.update(CreditAccountEntity, account.id, { ...settings, updatedAt: account.updatedAt });
    await raiseCreditAlerts(change.tx, [{ account, before: standing, transferId: null }], change.now);
    change.touch(account.tenantId);
    change.audit({
      tenantId: account.tenantId,
      action,
      entityType: 'credit_account',
      entityId: account.teamId ?? '',
      before,
      after,
    });
  }
}
