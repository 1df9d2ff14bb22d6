/**
 * Remembers that Redis did not answer, so that calls are refused at once instead of each waiting for its own
 * deadline. One call per `retryAfterMs` is let through as a probe; its answer closes the breaker.
 */
export class StoreBreaker {
  private openUntilMs = 0;
  private failures = 0;

  constructor(
    private readonly retryAfterMs: number,
    private readonly onChange: (isOpen: boolean, cause?: unknown) => void,
  ) {}

  /** True when a command may be sent now. */
  allows(nowMs: number): boolean {
    if (this.failures < 3) return true;
    if (nowMs < this.openUntilMs) return false;
    this.openUntilMs = nowMs + this.retryAfterMs;
    return true;
  }

  succeeded(): void {
    if (this.failures === 0) return;
    const wasOpen = this.failures >= 3;
    this.failures = 0;
    if (wasOpen) this.onChange(false);
  }

  failed(nowMs: number, cause: unknown): void {
    this.failures += 1;
    if (this.failures >= 3) this.openUntilMs = nowMs + this.retryAfterMs;
    if (this.failures === 3) this.onChange(true, cause);
  }
}
