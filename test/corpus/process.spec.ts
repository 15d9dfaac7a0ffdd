import { exec, execFile, execSync, fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { test } from 'leak/fixtures';
import { startSleeper } from './support/openings.ts';
import { retained } from './support/retained.ts';

const execPromised = promisify(exec);

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

test.describe('spawn', () => {
  test('leaky', () => {
    spawn('sleep', ['600']); // leak: process
  });
  test('clean', async () => {
    await end(spawn('sleep', ['600']));
  });
});

test.describe('exec', () => {
  test('leaky', () => {
    exec('sleep 600'); // leak: process
  });
  test('clean', async () => {
    await execPromised('sleep 0.01');
  });
});

test.describe('execFile', () => {
  test('leaky', () => {
    execFile('sleep', ['600']); // leak: process
  });
  test('clean', async () => {
    await promisify(execFile)('sleep', ['0.01']);
  });
});

test.describe('a promised exec that nobody awaits', () => {
  test('leaky', () => {
    execPromised('sleep 600').catch(() => 'killed with its worker'); // leak: process
  });
  test('clean', async () => {
    const stopping = new AbortController();
    const running = execPromised('exec sleep 600', { signal: stopping.signal });
    // Not events.once: it gives up at the 'error' that an abort emits, which comes before the end.
    const closed = new Promise((resolve) => running.child.once('close', resolve));
    stopping.abort();
    await Promise.allSettled([running, closed]);
  });
});

test.describe('fork', () => {
  test('leaky', async () => {
    const child = fork(new URL('./support/child.js', import.meta.url)); // leak: process
    await once(child, 'message');
  });
  test('clean', async () => {
    const child = fork(new URL('./support/child.js', import.meta.url));
    await once(child, 'message');
    const exited = once(child, 'exit');
    child.disconnect();
    await exited;
  });
});

test.describe('spawn with stdio ignored', () => {
  test('leaky', () => {
    spawn('sleep', ['600'], { stdio: 'ignore' }); // leak: process
  });
  test('clean', async () => {
    await end(spawn('sleep', ['600'], { stdio: 'ignore' }));
  });
});

test.describe('spawn detached and let go', () => {
  test('leaky', () => {
    spawn('sleep', ['600'], { stdio: 'ignore', detached: true }).unref(); // leak: process
  });
  test('clean', async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
    child.unref();
    await end(child);
  });
});

test.describe('a child with children of its own', () => {
  test('leaky', async () => {
    const shell = spawn('sh', ['-c', 'sleep 600 & sleep 600 & echo ready; wait']); // leak: process
    await once(shell.stdout, 'data');
  });
  test('clean', async () => {
    const shell = spawn('sh', ['-c', 'sleep 600 & sleep 600 & echo ready; wait'], { detached: true });
    await once(shell.stdout, 'data');
    const closed = once(shell, 'close');
    if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
    await closed;
  });
});

test.describe('a grandchild that outlives the child', () => {
  test('leaky', async () => {
    const shell = spawn('sh', ['-c', 'sleep 600 >/dev/null 2>&1 & echo ready; wait']); // leak: process
    await once(shell.stdout, 'data');
    await end(shell);
  });
  test('clean', async () => {
    const shell = spawn('sh', ['-c', 'sleep 600 >/dev/null 2>&1 & echo $!; wait']);
    const [pid] = (await once(shell.stdout, 'data')) as [Buffer];
    process.kill(Number(pid.toString()), 'SIGKILL');
    await once(shell, 'close');
  });
});

test.describe('a daemon started by a synchronous spawn', () => {
  test('leaky', () => {
    spawnSync('sh', ['-c', 'sleep 600 >/dev/null 2>&1 &']); // leak: process
  });
  test('clean', () => {
    spawnSync('sh', ['-c', 'sleep 0.01']);
  });
});

test.describe('a daemon in a session of its own', () => {
  test('leaky', () => {
    execSync('setsid sleep 600 >/dev/null 2>&1 &'); // leak: process
  });
  test('clean', () => {
    execSync('setsid --wait sleep 0.01');
  });
});

/** Neither a zombie nor gone: a shell may reap its child before it becomes another program. */
function isRunning(pid: string): boolean {
  try {
    return !fs.readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

test.describe('a zombie below a child', () => {
  test('leaky', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0 & echo ready; exec sleep 600']); // leak: process
    retained.push(parent);
    await once(parent.stdout, 'data');
  });
  test('clean', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600']);
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    // On a loaded machine it would outlive its parent otherwise, if only by milliseconds.
    while (isRunning(String(pid).trim())) await setImmediate();
    await end(parent);
  });
});

test.describe('a child started in another file', () => {
  test('leaky', () => {
    startSleeper(); // charged: #startSleeper
  });
  test('clean', async () => {
    await end(startSleeper());
  });
});

test.describe('two children from one line', () => {
  test('leaky', () => {
    for (const seconds of ['600', '601']) {
      spawn('sleep', [seconds]); // leak: process x2
    }
  });
  test('clean', async () => {
    await Promise.all(['600', '601'].map((seconds) => end(spawn('sleep', [seconds]))));
  });
});
