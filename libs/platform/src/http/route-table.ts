import type { FastifyInstance } from 'fastify';

interface RoutePattern {
  segments: readonly string[];
  methods: Set<string>;
}

/** Which routes there are. Asked for an address only when the router found nothing, so a linear search will do. */
export class RouteTable {
  readonly #patterns = new Map<string, RoutePattern>();

  /** Must be called before the first route is added. */
  attach(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url, method }) => {
      const pattern = this.#patterns.get(url) ?? { segments: segmentsOf(url), methods: new Set<string>() };
      for (const verb of Array.isArray(method) ? method : [method]) {
        pattern.methods.add(verb);
      }
      this.#patterns.set(url, pattern);
    });
  }

  /** Every route, as it was registered: the address with its `:parameters`, and one verb. */
  all(): { method: string; url: string }[] {
    return [...this.#patterns].flatMap(([url, { methods }]) => [...methods].map((method) => ({ method, url })));
  }

  /** Sorted; empty when nothing is at this address. */
  methodsAt(url: string): string[] {
    const [path = ''] = url.split('?', 1);
    const segments = segmentsOf(path);
    const methods = new Set<string>();
    for (const pattern of this.#patterns.values()) {
      if (isMatch(pattern.segments, segments)) {
        for (const method of pattern.methods) {
          methods.add(method);
        }
      }
    }
    return [...methods].toSorted();
  }
}

function segmentsOf(path: string): string[] {
  return path.replace(/\/+$/, '').split('/');
}

function isMatch(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.at(-1) === '*') {
    return segments.length >= pattern.length && isMatch(pattern.slice(0, -1), segments.slice(0, pattern.length - 1));
  }
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]))
  );
}
