import { uuidv7 } from '@penstock/domain';
import type { RequestContext } from '@penstock/platform';

/** Who acts when nobody asked: the worker, because it is time. */
export function systemContext(nowMs: number): RequestContext {
  return {
    requestId: `worker-${uuidv7(nowMs)}`,
    actor: { kind: 'system', id: 'worker' },
    ip: '',
    userAgent: '',
    nowMs,
  };
}
