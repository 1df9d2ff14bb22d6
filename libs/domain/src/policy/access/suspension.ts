/** Who above a key is not to be served at the moment, and what its operators call that. */
export interface Suspension {
  /** An organization stops all of its teams; a team only itself. */
  readonly entity: 'organization' | 'team';
  /** As the operators named it. */
  readonly id: string;
  readonly name: string;
  /** A word other than `active`, such as `suspended` or `paused`. */
  readonly status: string;
}
