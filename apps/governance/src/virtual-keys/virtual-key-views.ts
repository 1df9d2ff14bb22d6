import { Injectable } from '@nestjs/common';
import type { VirtualKeyEntity } from '@penstock/entities';
import { KeySecrets, type LiveValue, maskedValue } from '@penstock/management';

import { LimitBook } from '../limits/answers/limit-book.js';
import { OwnerSummaries } from '../owners/owner-summaries.js';
import { ProviderConfigs } from '../provider-configs/provider-configs.js';
import { SharedBudgetNames } from '../shared-budgets/shared-budget-names.js';
import { toKeySecretResponse, toVirtualKeyResponse } from './virtual-key.mapping.js';
import type { VirtualKeyResponse } from './virtual-key.response.js';
import type { ListedKey } from './virtual-keys.repository.js';

/** Keys with their relations and live usage: a fixed number of queries for any number of keys. */
@Injectable()
export class VirtualKeyViews {
  constructor(
    private readonly summaries: OwnerSummaries,
    private readonly limitBook: LimitBook,
    private readonly providerConfigs: ProviderConfigs,
    private readonly sharedBudgets: SharedBudgetNames,
    private readonly secrets: KeySecrets,
  ) {}

  /** One key with the values that work, the current one first; that one in the clear when it is to be revealed. */
  async one(
    key: VirtualKeyEntity,
    values: readonly LiveValue[],
    { isRevealed, nowMs }: { readonly isRevealed: boolean; readonly nowMs: number },
  ): Promise<VirtualKeyResponse> {
    const current = values[0]?.secret;
    if (current === undefined) throw new Error(`Virtual key ${key.id} has no value.`);
    const { valueHint } = current;
    const [view] = await this.build([{ ...key, valueHint }], nowMs, () =>
      isRevealed ? this.secrets.reveal(current) : maskedValue(valueHint),
    );
    if (view === undefined) throw new Error('A key has exactly one view.');
    return { ...view, secrets: values.map(toKeySecretResponse) };
  }

  /** Many keys, values masked. */
  async many(keys: readonly ListedKey[], nowMs: number): Promise<VirtualKeyResponse[]> {
    return this.build(keys, nowMs, (of) => maskedValue(of.valueHint));
  }

  private async build(
    keys: readonly ListedKey[],
    nowMs: number,
    valueOf: (key: ListedKey) => string,
  ): Promise<VirtualKeyResponse[]> {
    const ids = keys.map(({ id }) => id);
    const [teams, customers, limits, providerConfigs, sharedBudgets] = await Promise.all([
      this.summaries.teams(keys.map(({ teamId }) => teamId)),
      this.summaries.customers(keys.map(({ customerId }) => customerId)),
      this.limitBook.answers('virtual_key', ids, nowMs),
      this.providerConfigs.views(ids, nowMs),
      this.sharedBudgets.ofKeys(keys),
    ]);
    return keys.map((key) =>
      toVirtualKeyResponse(key, {
        value: valueOf(key),
        team: teams.get(key.teamId ?? ''),
        customer: customers.get(key.customerId ?? ''),
        limits: limits.get(key.id) ?? {},
        providerConfigs: providerConfigs.get(key.id),
        sharedBudgets: sharedBudgets.get(key.id),
      }),
    );
  }
}
