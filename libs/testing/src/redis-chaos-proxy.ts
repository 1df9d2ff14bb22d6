import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A published message as RESP2 writes it. */
const PUBLISHED = '$7\r\nmessage\r\n';

/** The network between one process and Redis, and what can go wrong with it. */
export class RedisChaosProxy {
  private readonly pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  private withholdsReplies = false;
  private withholdsRequests = false;
  private losesMessages = false;
  private lost = 0;

  private constructor(
    private readonly listener: Server,
    private readonly targetPort: number,
  ) {
    listener.on('connection', (client) => this.relay(client));
  }

  /** Listens on a free port and passes everything on to the Redis at `targetPort`. */
  static async start(targetPort: number): Promise<RedisChaosProxy> {
    const listener = createServer();
    const proxy = new RedisChaosProxy(listener, targetPort);
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Published messages that were dropped. */
  get messagesLost(): number {
    return this.lost;
  }

  /** Commands still arrive and are carried out; their answers wait in the network. */
  withholdReplies(): void {
    this.withholdsReplies = true;
    for (const { server } of this.pairs) server.pause();
  }

  /** Nothing passes in either direction, and no connection breaks: a network that swallows packets. */
  stall(): void {
    this.withholdsRequests = true;
    for (const { client } of this.pairs) client.pause();
    this.withholdReplies();
  }

  /** Published messages vanish; everything else passes. */
  loseMessages(): void {
    this.losesMessages = true;
  }

  /** What was withheld arrives now; what was lost stays lost. */
  heal(): void {
    this.withholdsReplies = false;
    this.withholdsRequests = false;
    this.losesMessages = false;
    for (const { client, server } of this.pairs) {
      client.resume();
      server.resume();
    }
  }

  async close(): Promise<void> {
    for (const { client, server } of this.pairs) {
      client.destroy();
      server.destroy();
    }
    await new Promise<void>((resolve) => {
      this.listener.close(() => resolve());
    });
  }

  private relay(client: Socket): void {
    const server = connect(this.targetPort, '127.0.0.1');
    const pair = { client, server };
    this.pairs.add(pair);
    const end = (): void => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (chunk: Buffer) => server.write(chunk));
    server.on('data', (chunk: Buffer) => {
      if (this.losesMessages && chunk.includes(PUBLISHED)) this.lost += 1;
      else client.write(chunk);
    });
    if (this.withholdsRequests) client.pause();
    if (this.withholdsReplies) server.pause();
  }
}
