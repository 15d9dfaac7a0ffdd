import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';

/** A real server on a free port that knows its connections. */
export interface OriginServer extends AsyncDisposable {
  readonly url: string;
  /** Open connections. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  /** Settles once no connection is open. */
  readonly deserted: () => Promise<void>;
}

export async function serveHttp(listener: RequestListener): Promise<OriginServer> {
  return listen(createServer(listener), () => {});
}

/** A server that speaks TCP and nothing else, for answers that no HTTP server gives. */
export async function serveTcp(onConnection: (socket: Socket) => void): Promise<OriginServer> {
  return listen(createTcpServer({ allowHalfOpen: true }), onConnection);
}

async function listen(server: Server | ReturnType<typeof createTcpServer>, onConnection: (socket: Socket) => void): Promise<OriginServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      server.emit('left');
    });
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sockets,
    accepted: () => accepted,
    async deserted() {
      while (sockets.size > 0) await once(server, 'left');
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
