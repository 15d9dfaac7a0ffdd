/**
 * One contestant of one scenario, in a process of its own: `node contestant.mjs <file> <scenario> <contestant>`. The file exports
 * `scenarios`: scenario → contestant → a function that prepares and returns one batch to measure. Prints the median batch in
 * microseconds of CPU time: what other processes do meanwhile does not count.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Bench } from 'tinybench';

const [file = '', scenario = '', contestant = ''] = process.argv.slice(2);
const { scenarios } = await import(pathToFileURL(path.resolve(file)).href);
const batch = await scenarios[scenario][contestant]();
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
const bench = new Bench({ now: cpuMs, time: 400, warmupTime: 200, iterations: 20 });
bench.add(contestant, batch, { async: true });
const [task] = await bench.run();
if (task?.result.state !== 'completed') throw new Error(`${contestant}: ${JSON.stringify(task?.result)}`);
process.stdout.write(JSON.stringify({ medianMs: task.result.latency.p50 }));
process.exit(0);
