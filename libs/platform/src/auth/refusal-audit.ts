import { Inject, Injectable } from '@nestjs/common';
import { uuidv7 } from '@penstock/domain';
import type { FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';

import type { RequestContext } from '../context/request-context.js';
import { LOGGER, type Logger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { OPERATOR_AUTH_OPTIONS, type OperatorAuthOptions } from './operator-auth-options.js';
import type { RefusalEntry } from './refusal-entry.js';

/** What was refused. It never holds the credential. */
export interface Refusal {
  /** Dotted, past tense; one of a closed list, because each has a share of its own: `operator.refused`. */
  action: string;
  /** Catalogue code of the answer. */
  code: string;
  entityType: string;
  entityId: string;
  details?: Record<string, unknown>;
}

/** A credential, or the role or team behind it, that did not open a route. */
export function refusedCredential(
  code: string,
  request: FastifyRequest,
  action: 'operator.refused' | 'team.refused' = 'operator.refused',
): Refusal {
  return {
    action,
    code,
    entityType: 'route',
    entityId: `${request.method} ${request.routeOptions.url ?? ''}`,
  };
}

/** Entries of one kind in a window; everything beyond is counted only. */
export const refusalsPerWindowMax = 30;
/** Of those from one address, so that one noisy client does not hide the others. */
export const refusalsPerAddressMax = 5;
export const refusalWindowMs = 60_000;

interface Window {
  startedAtMs: number;
  written: number;
  readonly byAddress: Map<string, number>;
  suppressed: number;
}

/**
 * Writes refusals into the audit log, but not all of a flood: per process, kind and minute at most
 * {@link refusalsPerWindowMax}, and of one address at most {@link refusalsPerAddressMax}. The next entry of the kind
 * says how many were left out (`suppressed_before`); the metric counts every one.
 */
@Injectable()
export class RefusalAudit {
  readonly #windows = new Map<string, Window>();
  readonly #counter: Counter<'action' | 'code'>;
  /** Entries of one chain wait for each other anyway: one at a time, they hold one connection to the database. */
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(
    @Inject(OPERATOR_AUTH_OPTIONS) private readonly options: OperatorAuthOptions,
    @Inject(LOGGER) private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.#counter = metrics.counter({
      name: 'penstock_operator_refusals_total',
      help: 'Refused credentials, logins and permissions of operators and teams.',
      labelNames: ['action', 'code'],
    });
  }

  /** Resolves when the entry is written or left out. Never rejects: a refusal stands whether or not it is recorded. */
  async note(ctx: RequestContext, refusal: Refusal): Promise<void> {
    const { action, code, entityType, entityId, details } = refusal;
    this.#counter.inc({ action, code });
    const window = this.windowOf(`${action} ${code}`, ctx.nowMs);
    const fromAddress = window.byAddress.get(ctx.ip) ?? 0;
    if (window.written >= refusalsPerWindowMax || fromAddress >= refusalsPerAddressMax) {
      window.suppressed += 1;
      return;
    }
    const suppressed = window.suppressed;
    window.written += 1;
    window.byAddress.set(ctx.ip, fromAddress + 1);
    window.suppressed = 0;
    const entry = {
      id: uuidv7(ctx.nowMs),
      occurredAt: new Date(ctx.nowMs),
      actorType: ctx.actor.kind,
      actorId: ctx.actor.id,
      action,
      entityType,
      entityId,
      after: { ...details, code, ...(suppressed === 0 ? {} : { suppressed_before: suppressed }) },
      ip: ctx.ip,
      userAgent: ctx.userAgent,
      requestId: ctx.requestId,
    };
    if (!(await this.write(entry))) {
      window.suppressed += suppressed + 1;
    }
  }

  /** False when it could not be written. */
  private async write(entry: RefusalEntry): Promise<boolean> {
    const written = this.#lastWrite.then(() => this.options.recordRefusal?.(entry));
    this.#lastWrite = written.catch(() => undefined);
    try {
      await written;
      return true;
    } catch (error) {
      const { action, after, ip } = entry;
      this.logger.warn({ err: error, action, code: after['code'], ip }, 'a refusal could not be audited');
      return false;
    }
  }

  private windowOf(kind: string, nowMs: number): Window {
    const current = this.#windows.get(kind);
    if (current !== undefined && nowMs < current.startedAtMs + refusalWindowMs) {
      return current;
    }
    const next = { startedAtMs: nowMs, written: 0, byAddress: new Map(), suppressed: current?.suppressed ?? 0 };
    this.#windows.set(kind, next);
    return next;
  }
}
