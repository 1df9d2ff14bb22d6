import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { isPortFree } from '@penstock/servers';

import type { LocalConfig } from './config.js';
import { StartError } from './start-error.js';

const LISTENING = '0A';

/** Fails with one sentence per taken port, before anything is started. */
export async function assertPortsFree(config: LocalConfig): Promise<void> {
  const needed = Object.values(config.ports).filter(({ app }) => app !== 'simulator' || config.hasSimulator);
  const sentences: string[] = [];
  for (const { app, variable, port } of needed) {
    // Both: not every system refuses an address whose wildcard is taken.
    if ((await isPortFree(port, config.host)) && (await isPortFree(port))) continue;
    const owner = findListener(port);
    const by = owner === undefined ? 'another program' : `${owner.name} (process ${owner.pid})`;
    sentences.push(`Port ${port} for ${app} is taken by ${by}: stop it, or set ${variable} to a free port.`);
  }
  if (sentences.length > 0) throw new StartError(sentences.join('\n'));
}

/** The process that listens on a port, as far as this user may see it (Linux only). */
export function findListener(port: number): { readonly pid: number; readonly name: string } | undefined {
  const sockets = new Set(listeningInodes(port).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return undefined;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const isOwner = readdirSync(`/proc/${entry}/fd`).some((fd) => sockets.has(linkOf(`/proc/${entry}/fd/${fd}`)));
      if (isOwner) return { pid: Number(entry), name: readFileSync(`/proc/${entry}/comm`, 'utf8').trim() };
    } catch {
      // Ended meanwhile, or another user's.
    }
  }
  return undefined;
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

function listeningInodes(port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => {
    let text: string;
    try {
      text = readFileSync(table, 'utf8');
    } catch {
      return [];
    }
    return text
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[1]?.endsWith(wanted) === true && columns[3] === LISTENING)
      .flatMap((columns) => columns[9] ?? []);
  });
}
