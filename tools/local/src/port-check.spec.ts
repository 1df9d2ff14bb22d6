import { createServer, type Server } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import { readConfig } from './config.js';
import { assertPortsFree } from './port-check.js';

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

describe('assertPortsFree', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });
  const take = async (): Promise<number> => {
    const { server, port } = await listen();
    servers.push(server);
    return port;
  };
  const free = async (): Promise<number> => {
    const { server, port } = await listen();
    await new Promise((resolve) => server.close(resolve));
    return port;
  };
  const environment = async (): Promise<Record<string, string>> => ({
    GATEWAY_PORT: String(await free()),
    GOVERNANCE_PORT: String(await free()),
    ADMIN_PORT: String(await free()),
    WORKER_PORT: String(await free()),
    SIMULATOR_PORT: String(await free()),
  });

  it('accepts free ports', async () => {
    await assertPortsFree(readConfig(await environment()));
  });

  it('names the port, the process that has it and the variable that moves it', async () => {
    const port = await take();
    const config = readConfig({ ...(await environment()), ADMIN_PORT: String(port) });
    const owner = process.platform === 'linux' ? String.raw`.* \(process ${process.pid}\)` : '.*';
    await expect(assertPortsFree(config)).rejects.toThrow(
      new RegExp(`^Port ${port} for admin is taken by ${owner}: stop it, or set ADMIN_PORT to a free port.$`),
    );
  });

  it('does not mind the simulator port when there is no simulator', async () => {
    const port = await take();
    const env = { ...(await environment()), SIMULATOR_PORT: String(port) };
    await expect(assertPortsFree(readConfig(env))).rejects.toThrow('SIMULATOR_PORT');
    await assertPortsFree(readConfig({ ...env, OPENAI_API_KEY: 'key' }));
  });
});
