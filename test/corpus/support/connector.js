// A forked child that connects to whatever it is told, holds the connections, and lives until it is told to go.
import net from 'node:net';

process.on('disconnect', () => process.exit(0));
process.on('message', (to) => net.connect(to).on('error', () => undefined));
process.send?.('ready');
