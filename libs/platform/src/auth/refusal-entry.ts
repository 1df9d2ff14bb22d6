/** A refusal as the audit log keeps it, in the chain of the system. */
export interface RefusalEntry {
  id: string;
  occurredAt: Date;
  actorType: string;
  actorId: string;
  action: string;
  entityType: string;
  entityId: string;
  after: Record<string, unknown>;
  ip: string;
  userAgent: string;
  requestId: string;
}
