const MAX_LINES = 20_000;

/** The last lines that a process wrote. */
export class LogBuffer {
  private readonly lines: string[] = [];
  private rest = '';

  /** `onLine` sees each complete line once. */
  constructor(private readonly onLine?: (line: string) => void) {}

  /** Takes what came from the pipe; lines may be cut anywhere. */
  append(chunk: string): void {
    const parts = (this.rest + chunk).split('\n');
    this.rest = parts.pop() ?? '';
    for (const line of parts) this.push(line);
  }

  /** The pipe has ended: an unfinished line is a line. */
  end(): void {
    if (this.rest !== '') this.push(this.rest);
    this.rest = '';
  }

  text(): string {
    return this.rest === '' ? this.lines.join('\n') : [...this.lines, this.rest].join('\n');
  }

  tail(count: number): string {
    return this.lines.slice(-count).join('\n');
  }

  private push(line: string): void {
    this.lines.push(line);
    if (this.lines.length > MAX_LINES) this.lines.splice(0, MAX_LINES / 2);
    this.onLine?.(line);
  }
}
