import { CallPolicy } from '@penstock/domain';
import type { PolicySnapshot } from '@penstock/dto';

/** A policy snapshot in this process's memory. Immutable in its policy; a newer epoch is a new entry. */
export class PolicyEntry extends CallPolicy<PolicySnapshot> {}
