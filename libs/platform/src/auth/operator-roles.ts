/** What an operator may do: an owner everything, an admin all but owners and admins, a user only reads. */
export const operatorRoles = ['owner', 'admin', 'user'] as const;
export type OperatorRole = (typeof operatorRoles)[number];

/** A route as far as the authority of operators is concerned. */
export interface RouteAuthority {
  /** HTTP method of the request. */
  readonly method: string;
  /** Marked `@ReadsOnly()`: changes nothing although its method says otherwise. */
  readonly isReadOnly: boolean;
  /** Roles of `@RequireRole()`; undefined where the route names none. */
  readonly required: readonly OperatorRole[] | undefined;
}

const rolesThatWrite: readonly OperatorRole[] = ['owner', 'admin'];
const readingMethods = new Set(['GET', 'HEAD']);

/** The roles that may call a route: those it names, else all for a read and all but `user` for anything else. */
export function rolesThatMayCall({ method, isReadOnly, required }: RouteAuthority): readonly OperatorRole[] {
  if (required !== undefined) {
    return required;
  }
  return isReadOnly || readingMethods.has(method) ? operatorRoles : rolesThatWrite;
}
