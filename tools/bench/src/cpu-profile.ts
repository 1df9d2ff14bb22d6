import { fileURLToPath } from 'node:url';

/** The parts of a V8 CPU profile that matter here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** Self time of one function or file. */
export interface SelfTime {
  readonly name: string;
  readonly us: number;
  /** Of all time that was not idle. */
  readonly share: number;
}

/** Self time by function, by file and by package, largest first, over the last `windowUs` of the profile. Idle time is left out. */
export function selfTimes(
  profile: CpuProfile,
  windowUs = Number.POSITIVE_INFINITY,
): { readonly functions: SelfTime[]; readonly files: SelfTime[]; readonly packages: SelfTime[] } {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byFunction = new Map<string, number>();
  const byFile = new Map<string, number>();
  const byPackage = new Map<string, number>();
  let totalUs = 0;
  let leftUs = profile.timeDeltas.reduce((sum, delta) => sum + delta, 0);
  for (const [index, id] of profile.samples.entries()) {
    const frame = frames.get(id);
    const us = profile.timeDeltas[index] ?? 0;
    leftUs -= us;
    if (frame === undefined || frame.functionName === '(idle)' || leftUs > windowUs) continue;
    totalUs += us;
    const native = frame.functionName || '(native)';
    const file = fileOf(frame.url) ?? native;
    const name = frame.url === '' ? native : `${frame.functionName || '(anonymous)'} ${file}:${frame.lineNumber + 1}`;
    byFunction.set(name, (byFunction.get(name) ?? 0) + us);
    byFile.set(file, (byFile.get(file) ?? 0) + us);
    const owner = packageOf(frame.url) ?? (frame.functionName.startsWith('(') ? frame.functionName : '(native)');
    byPackage.set(owner, (byPackage.get(owner) ?? 0) + us);
  }
  const ranked = (times: ReadonlyMap<string, number>): SelfTime[] =>
    [...times].map(([name, us]) => ({ name, us, share: us / totalUs })).toSorted((left, right) => right.us - left.us);
  return { functions: ranked(byFunction), files: ranked(byFile), packages: ranked(byPackage) };
}

const STORE = '/node_modules/';

/** Name of the npm package, or of the app or library of ours; Node itself is one package. */
function packageOf(url: string): string | undefined {
  if (url === '') return undefined;
  if (url.startsWith('node:')) return 'node';
  const inStore = url.lastIndexOf(STORE);
  if (inStore === -1) return /\/((?:apps|libs|tools)\/[^/]+)\//.exec(url)?.[1];
  const [scope = '', name = ''] = url.slice(inStore + STORE.length).split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

/** A path short enough to read: what follows the last node_modules, or the last parts of our own. */
function fileOf(url: string): string | undefined {
  if (url === '') return undefined;
  if (url.startsWith('node:')) return url;
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  const inStore = path.lastIndexOf(STORE);
  return inStore === -1 ? path.split('/').slice(-5).join('/') : path.slice(inStore + STORE.length);
}
