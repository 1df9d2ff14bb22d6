/** What a request does to a limit: nothing, or what is there afterwards. */
export type PlannedChange<State> =
  | { readonly kind: 'none' }
  | { readonly kind: 'create'; readonly state: State }
  | { readonly kind: 'update'; readonly state: State }
  | { readonly kind: 'delete' };

/** Absent and null mean the same in a patch. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
