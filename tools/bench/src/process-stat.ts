import { readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second (USER_HZ) wherever it shows it. */
const MS_PER_TICK = 10;

/** CPU time a process has used so far, all threads, user and system. Linux only. */
export function cpuMsOf(pid: number): number {
  return cpuMsFromStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

/** Fields are counted after the name, which may hold spaces and brackets itself. */
export function cpuMsFromStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Time that one core has not been idle so far, whoever used it; steal by other virtual machines included. NaN: no such core. */
export function coreBusyMs(core: number): number {
  return coreBusyMsFromStat(readFileSync('/proc/stat', 'latin1'), core);
}

/** Fields: user, nice, system, idle, iowait, irq, softirq, steal. */
export function coreBusyMsFromStat(stat: string, core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(stat)?.[1];
  if (line === undefined) return Number.NaN;
  const ticks = line.split(' ').map(Number);
  const sumOf = (from: number, to: number): number => ticks.slice(from, to).reduce((sum, value) => sum + value, 0);
  return (sumOf(0, 3) + sumOf(5, 8)) * MS_PER_TICK;
}

/** Resident memory of a process in MB (10^6 bytes). */
export function rssMbOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}

/** Largest resident memory that a process has ever had, in MB (10^6 bytes). */
export function peakRssMbOf(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}
