// A worker thread that waits for messages.
import { parentPort } from 'node:worker_threads';
parentPort?.on('message', () => {});
