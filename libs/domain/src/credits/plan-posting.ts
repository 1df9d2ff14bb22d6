/** What is left of credits that came in together. */
export interface GrantRest {
  readonly id: string;
  /** Lower numbers are burned first. */
  readonly priority: number;
  /** Null: never. */
  readonly expiresAtMs: number | null;
  /** Neither burned nor withdrawn. */
  readonly restCredits: bigint;
}

/** The totals of an account before a posting. */
export interface CreditTotals {
  /** Came in, less withdrawn. */
  readonly allocatedCredits: bigint;
  readonly usedCredits: bigint;
}

/**
 * What moves. `in`: credits come in, as a grant of their own. `use`: calls or a job used them; that has happened, so it
 * is never refused. `withdraw`: they are taken back, from one grant or from all in order.
 */
export type CreditPosting =
  | { readonly kind: 'in'; readonly credits: bigint }
  | { readonly kind: 'use'; readonly credits: bigint }
  | { readonly kind: 'withdraw'; readonly credits: bigint; readonly grantId?: string };

/** Credits that a posting takes from one grant. */
export interface GrantTake {
  readonly grantId: string;
  readonly credits: bigint;
}

/** A posting as it is written. */
export interface PlannedPosting extends CreditTotals {
  readonly balanceBeforeCredits: bigint;
  readonly balanceAfterCredits: bigint;
  /** From the grants of before: burned by `use`, withdrawn by `withdraw`. */
  readonly takes: readonly GrantTake[];
  /** How much of the credits that come in is burned at once, for what was used before without a grant. */
  readonly settledCredits: bigint;
}

/** What an account has: nothing else is written of it, so it cannot disagree. */
export function balanceOf({ allocatedCredits, usedCredits }: CreditTotals): bigint {
  return allocatedCredits - usedCredits;
}

/** The order in which grants are burned: lowest priority number first, then what expires first, then the oldest. */
export function byBurnOrder(left: GrantRest, right: GrantRest): number {
  return (
    left.priority - right.priority ||
    compare(left.expiresAtMs ?? Number.POSITIVE_INFINITY, right.expiresAtMs ?? Number.POSITIVE_INFINITY) ||
    compare(left.id, right.id)
  );
}

/**
 * What a posting changes. `grants` are those of the account with a rest, in any order.
 *
 * An account may use more than its grants hold: up to its overdraft, and beyond it when a call turned out dearer than
 * anybody could know. What no grant paid is its debt, `sum of rests - balance`. There is a debt only while no grant has
 * a rest: credits that come in pay it first, from their own grant. So the grants' burned credits and the debt together
 * are what was used, and what the grants still have, less the debt, is the balance.
 *
 * Undefined: there are fewer credits than are to be withdrawn. An overdraft is for use, not for being taken away.
 */
export function planPosting(
  totals: CreditTotals,
  grants: readonly GrantRest[],
  posting: CreditPosting,
): PlannedPosting | undefined {
  const balance = balanceOf(totals);
  const { allocatedCredits, usedCredits } = totals;
  const { credits } = posting;
  if (credits <= 0n) throw new Error(`A posting of ${credits} credits moves nothing.`);
  switch (posting.kind) {
    case 'in': {
      const debt = restOf(grants) - balance;
      return planned(balance, {
        allocatedCredits: allocatedCredits + credits,
        usedCredits,
        takes: [],
        settledCredits: debt < credits ? debt : credits,
      });
    }
    case 'use':
      return planned(balance, {
        allocatedCredits,
        usedCredits: usedCredits + credits,
        takes: takeInOrder(grants, credits),
        settledCredits: 0n,
      });
    case 'withdraw': {
      const { grantId } = posting;
      const from = grantId === undefined ? grants : grants.filter(({ id }) => id === grantId);
      if (restOf(from) < credits) return undefined;
      return planned(balance, {
        allocatedCredits: allocatedCredits - credits,
        usedCredits,
        takes: takeInOrder(from, credits),
        settledCredits: 0n,
      });
    }
  }
}

/** What the grants still have. */
export function restOf(grants: readonly GrantRest[]): bigint {
  return grants.reduce((sum, { restCredits }) => sum + restCredits, 0n);
}

type Parts = Omit<PlannedPosting, 'balanceBeforeCredits' | 'balanceAfterCredits'>;

function planned(balanceBeforeCredits: bigint, parts: Parts): PlannedPosting {
  return { ...parts, balanceBeforeCredits, balanceAfterCredits: balanceOf(parts) };
}

function takeInOrder(grants: readonly GrantRest[], credits: bigint): GrantTake[] {
  const takes: GrantTake[] = [];
  let open = credits;
  for (const { id, restCredits } of grants.toSorted(byBurnOrder)) {
    const taken = restCredits < open ? restCredits : open;
    if (taken > 0n) takes.push({ grantId: id, credits: taken });
    open -= taken;
  }
  return takes;
}

function compare<T extends number | string>(left: T, right: T): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
