import { stripVTControlCharacters } from 'node:util';

/** Fields that say nothing to a reader of one terminal. */
const HIDDEN = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'name', 'v', 'err', 'error']);
const MAX_VALUE_LENGTH = 120;
const COLOURS: Readonly<Record<string, number>> = { fatal: 31, error: 31, warn: 33, debug: 2, trace: 2 };
const NAME_COLOURS = [36, 35, 34, 32, 96, 95, 94];
const NAME_WIDTH = 10;

/** True for a line that a person should see even while nothing else is shown. */
export function isTrouble(line: string): boolean {
  const level = textOf(parse(line)?.['level']);
  return level === 'warn' || level === 'error' || level === 'fatal';
}

/** Turns the lines of one process into lines for people, under its name. */
export class LinePrinter {
  private readonly prefix: string;

  constructor(
    name: string,
    position: number,
    private readonly hasColour: boolean,
  ) {
    this.prefix = `${this.paint(NAME_COLOURS[position % NAME_COLOURS.length] ?? 36, name.padEnd(NAME_WIDTH))} | `;
  }

  /** One line, or several for an error with its stack. */
  format(line: string): string {
    return describe(line, (code, text) => this.paint(code, text))
      .map((part) => `${this.prefix}${part}\n`)
      .join('');
  }

  private paint(code: number, text: string): string {
    return this.hasColour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

function describe(line: string, paint: (code: number, text: string) => string): string[] {
  const record = parse(line);
  if (record === undefined) return [stripVTControlCharacters(line)];
  const level = textOf(record['level']) || 'info';
  const time = typeof record['time'] === 'string' ? record['time'].slice(11, 19) : '';
  const fields = Object.entries(record)
    .filter(([name, value]) => !HIDDEN.has(name) && value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${brief(value)}`);
  const head = [time, paint(COLOURS[level] ?? 32, level.toUpperCase().padEnd(5)), textOf(record['msg']), ...fields];
  return [head.filter((part) => part !== '').join(' '), ...errorLines(record['err'] ?? record['error'])];
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function brief(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}

function errorLines(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { stack, message, type } = error as Record<string, unknown>;
  const text = typeof stack === 'string' ? stack : `${textOf(type) || 'Error'}: ${textOf(message)}`;
  return text.split('\n').map((part) => `    ${part.trim()}`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
