/** Most credits that one request moves: with it every sum of an account is exact in JSON and fits its column. */
export const CREDITS_MAX = 1_000_000_000_000;
