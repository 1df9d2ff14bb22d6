import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A published message as RESP2 writes it. */
const PUBLISHED = '$7\r\nmessage\r\n';

/** The network between processes and one server, Redis or another, and what can go wrong with it. */
export class ChaosProxy {
  private readonly pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  private withholdsReplies = false;
  private withholdsRequests = false;
  private losesMessages = false;
  private isDown = false;
  private lost = 0;

  private constructor(
    private readonly listener: Server,
    private readonly targetPort: number,
  ) {
    listener.on('connection', (client) => this.relay(client));
  }

  /** Listens on a free port and passes everything on to the server at `targetPort`. */
  static async start(targetPort: number): Promise<ChaosProxy> {
    const listener = createServer();
    const proxy = new ChaosProxy(listener, targetPort);
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** The same URL with this proxy in the place of the server. */
  inPlaceOf(serverUrl: string): string {
    const url = new URL(serverUrl);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.toString();
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

  /** Breaks every connection, and each new one, until {@link heal}. */
  breakDown(): void {
    this.isDown = true;
    for (const { client, server } of this.pairs) {
      client.destroy();
      server.destroy();
    }
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
    this.isDown = false;
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
    if (this.isDown) {
      client.on('error', () => undefined);
      client.destroy();
      return;
    }
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
