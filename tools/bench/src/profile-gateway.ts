import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { selfTimes, type CpuProfile, type SelfTime } from './cpu-profile.js';

/** A folder for the profile of the gateway, and the environment that makes Node write one there when it ends. */
export class ProfileFolder {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'penstock-profile-'));

  get gatewayEnv(): Record<string, string> {
    return { NODE_OPTIONS: `--cpu-prof --cpu-prof-interval=200 --cpu-prof-dir=${this.#folder}` };
  }

  /** Reads the last `windowMs` of the profile of a gateway that has ended, and removes the folder. */
  take(windowMs: number): string {
    const file = readdirSync(this.#folder).find((name) => name.endsWith('.cpuprofile'));
    if (file === undefined) throw new Error('The gateway wrote no profile: it was killed before it could.');
    const { functions, files, packages } = selfTimes(
      JSON.parse(readFileSync(path.join(this.#folder, file), 'utf8')) as CpuProfile,
      windowMs * 1000,
    );
    this.remove();
    return `Self time by function\n${table(functions, 40)}\n\nSelf time by file\n${table(files, 30)}\n\nSelf time by package\n${table(packages, 25)}`;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function table(times: readonly SelfTime[], count: number): string {
  return times
    .slice(0, count)
    .map(
      ({ name, us, share }) =>
        `${(share * 100).toFixed(1).padStart(5)} %  ${(us / 1000).toFixed(0).padStart(6)} ms  ${name}`,
    )
    .join('\n');
}
