import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads `+ <pid> <signal>`, `- <pid>` and `d <folder>` from stdin. When stdin ends, because the parent
 * stopped or was killed with -9, it stops what is still there, youngest first, and removes the folders.
 */
const SCRIPT = `
trap '' INT TERM HUP
list=""
folders=""
newline='
'
while read -r op rest; do
  case $op in
    +) list="\${rest% *}:\${rest#* } $list" ;;
    -) kept=""; for entry in $list; do [ "\${entry%%:*}" = "$rest" ] || kept="$kept $entry"; done; list=$kept ;;
    d) folders="$rest$newline$folders" ;;
  esac
done
for entry in $list; do
  pid=\${entry%%:*}
  kill -\${entry#*:} $pid 2>/dev/null || continue
  left=\${PENSTOCK_REAPER_TENTHS:-50}
  while kill -0 $pid 2>/dev/null && [ $left -gt 0 ]; do
    # A zombie whose new parent is slow to collect it has ended.
    case "$(cat /proc/$pid/stat 2>/dev/null)" in *') Z '*) break ;; esac
    sleep 0.1
    left=$((left - 1))
  done
  kill -KILL $pid 2>/dev/null
done
IFS=$newline
for folder in $folders; do rm -rf "$folder"; done
`;

/** Stops child processes when this process ends without having done so itself, however it ends. */
export class Reaper {
  private child: ChildProcess | undefined;

  /** `graceMs` is what each process gets between its signal and SIGKILL. */
  constructor(private readonly graceMs = 5_000) {}

  /** Registers a process. The order matters: the last one is stopped first. */
  watch(pid: number, signal: 'TERM' | 'INT' | 'QUIT' | 'KILL' = 'TERM'): void {
    this.write(`+ ${pid} ${signal}\n`);
  }

  /** The process has ended; its pid may soon be somebody else's. */
  forget(pid: number): void {
    this.write(`- ${pid}\n`);
  }

  /** Registers a temporary folder that nobody needs after this process. */
  removeAfterwards(folder: string): void {
    this.write(`d ${folder}\n`);
  }

  /** Ends the watch: stops whatever is still registered and resolves when that is done. */
  async close(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.ref();
      child.stdin?.end();
    });
  }

  private write(line: string): void {
    this.child ??= this.start();
    this.child.stdin?.write(line);
  }

  private start(): ChildProcess {
    // Its own session: a Ctrl-C in the terminal must not reach it before the processes it watches.
    const child = spawn('/bin/sh', ['-c', SCRIPT], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: { ...process.env, PENSTOCK_REAPER_TENTHS: String(Math.ceil(this.graceMs / 100)) },
    });
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    child.unref();
    (child.stdin as { unref?: () => void }).unref?.();
    return child;
  }
}
