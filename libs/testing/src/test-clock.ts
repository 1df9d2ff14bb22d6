/** A clock that stands still until the test moves it. */
export class TestClock {
  constructor(private nowMs = Date.UTC(2026, 0, 15, 12, 0, 0)) {}

  now(): number {
    return this.nowMs;
  }

  /** Moves the clock forward. */
  advance(durationMs: number): void {
    this.nowMs += durationMs;
  }

  /** Puts the clock to a moment: milliseconds since the epoch or an ISO text. */
  set(moment: number | string): void {
    this.nowMs = typeof moment === 'number' ? moment : Date.parse(moment);
  }
}
