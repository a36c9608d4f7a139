/** A TCP connection as tests use it where the raw bytes of HTTP matter. */
import { connect, type Socket } from 'node:net';
import { afterEach } from 'vitest';

export interface RawConnection {
  readonly socket: Socket;
  readonly send: (bytes: string | Buffer) => void;
  /** All that was received, as soon as it holds the text or the connection is closed. */
  readonly untilText: (text: string) => Promise<string>;
  readonly untilClosed: () => Promise<string>;
}

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Opens a connection to the loopback whose received text can be waited for; closed after the test. */
export function openConnection(port: number): RawConnection {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  let notify = () => {};
  let isClosed = false;
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    notify();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
    notify();
  });
  const until = async (isEnough: () => boolean): Promise<string> => {
    while (!isEnough() && !isClosed) {
      await new Promise<void>((resolve) => {
        notify = resolve;
      });
    }
    return received;
  };
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    untilText: (text) => until(() => received.includes(text)),
    untilClosed: () => until(() => false),
  };
}
