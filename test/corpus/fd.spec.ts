import { execFileSync } from 'node:child_process';
import fs, { openSync as openFileSync } from 'node:fs';
import { once } from 'node:events';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import { test } from 'leak/fixtures';
import { collectGarbage } from './support/collectGarbage.ts';
import { openLog } from './support/openings.ts';
import { retained } from './support/retained.ts';
import { scratchFile } from './support/scratchFile.ts';

test.describe('fs.openSync', () => {
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd
  });
  test('clean', ({}, testInfo) => {
    const fd = fs.openSync(scratchFile(testInfo), 'r');
    fs.closeSync(fd);
  });
});

test.describe('openSync by a named import', () => {
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    openFileSync(file, 'r'); // leak: fd
  });
  test('clean', ({}, testInfo) => {
    fs.closeSync(openFileSync(scratchFile(testInfo), 'r'));
  });
});

test.describe('fs.open with a callback', () => {
  test('leaky', async ({}, testInfo) => {
    const file = scratchFile(testInfo);
    await new Promise<void>((resolve) => {
      fs.open(file, 'r', () => resolve()); // leak: fd
    });
  });
  test('clean', async ({}, testInfo) => {
    const file = scratchFile(testInfo);
    await new Promise<void>((resolve) => {
      fs.open(file, 'r', (_error, fd) => fs.close(fd, () => resolve()));
    });
  });
});

test.describe('fs.promises.open', () => {
  test('leaky', async ({}, testInfo) => {
    const file = scratchFile(testInfo);
    retained.push(await fs.promises.open(file)); // leak: fd
  });
  test('clean', async ({}, testInfo) => {
    const handle = await fs.promises.open(scratchFile(testInfo));
    await handle.close();
  });
});

test.describe('open from node:fs/promises', () => {
  test('leaky', async ({}, testInfo) => {
    const file = scratchFile(testInfo);
    retained.push(await open(file)); // leak: fd
  });
  test('clean', async ({}, testInfo) => {
    const handle = await open(scratchFile(testInfo));
    for await (const line of handle.readLines()) if (line.startsWith('1,')) break;
    await handle.close();
  });
});

test.describe('a FileHandle that is forgotten and then collected', () => {
  const opened: FileHandle[] = [];

  test('leaky', async ({}, testInfo) => {
    const file = scratchFile(testInfo);
    opened.push(await open(file)); // leak: fd
  });
  test('clean: the collector closes it', async () => {
    const warned = once(process, 'warning');
    opened.length = 0;
    collectGarbage();
    await warned;
  });
});

test.describe('a read stream that is never read', () => {
  test('leaky', async ({}, testInfo) => {
    const file = scratchFile(testInfo);
    const stream = fs.createReadStream(file); // leak: fd
    retained.push(stream);
    await once(stream, 'open');
  });
  test('clean', async ({}, testInfo) => {
    const stream = fs.createReadStream(scratchFile(testInfo));
    stream.resume();
    await once(stream, 'close');
  });
});

test.describe('a write stream that is never ended', () => {
  test('leaky', async ({}, testInfo) => {
    const file = scratchFile(testInfo);
    const stream = fs.createWriteStream(file); // leak: fd
    retained.push(stream);
    await once(stream, 'open');
    stream.write('2,19.90\n');
  });
  test('clean', async ({}, testInfo) => {
    const stream = fs.createWriteStream(scratchFile(testInfo));
    stream.end('2,19.90\n');
    await once(stream, 'close');
  });
});

test.describe('a paused readline over a file', () => {
  test('leaky', async ({}, testInfo) => {
    const file = scratchFile(testInfo, 'long.txt', 'line\n'.repeat(100_000));
    const input = fs.createReadStream(file); // leak: fd
    const lines = readline.createInterface({ input });
    retained.push(lines);
    await once(lines, 'line');
    lines.pause();
  });
  test('clean', async ({}, testInfo) => {
    const input = fs.createReadStream(scratchFile(testInfo, 'long.txt', 'line\n'.repeat(100_000)));
    const lines = readline.createInterface({ input });
    await once(lines, 'line');
    lines.close();
    input.destroy();
    await once(input, 'close');
  });
});

test.describe('fs.opendirSync', () => {
  test('leaky', ({}, testInfo) => {
    const folder = path.dirname(scratchFile(testInfo));
    retained.push(fs.opendirSync(folder)); // leak: fd
  });
  test('clean', ({}, testInfo) => {
    const directory = fs.opendirSync(path.dirname(scratchFile(testInfo)));
    directory.readSync();
    directory.closeSync();
  });
});

test.describe('fs.promises.opendir', () => {
  test('leaky', async ({}, testInfo) => {
    const folder = path.dirname(scratchFile(testInfo));
    retained.push(await fs.promises.opendir(folder)); // leak: fd
  });
  test('clean', async ({}, testInfo) => {
    const names: string[] = [];
    for await (const entry of await fs.promises.opendir(path.dirname(scratchFile(testInfo)))) names.push(entry.name);
  });
});

test.describe('a device', () => {
  test('leaky', () => {
    fs.openSync('/dev/null', 'w'); // leak: fd
  });
  test('clean', () => {
    const fd = fs.openSync('/dev/null', 'w');
    fs.writeSync(fd, 'nothing');
    fs.closeSync(fd);
  });
});

test.describe('a folder', () => {
  test('leaky', ({}, testInfo) => {
    const folder = path.dirname(scratchFile(testInfo));
    fs.openSync(folder, 'r'); // leak: fd
  });
  test('clean', ({}, testInfo) => {
    fs.closeSync(fs.openSync(path.dirname(scratchFile(testInfo)), 'r'));
  });
});

test.describe('a file that is deleted while it is open', () => {
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    fs.openSync(file, 'r'); // leak: fd
    fs.unlinkSync(file);
  });
  test('clean', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    const fd = fs.openSync(file, 'r');
    fs.unlinkSync(file);
    fs.closeSync(fd);
  });
});

test.describe('three descriptors from one line', () => {
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    for (let copy = 0; copy < 3; copy += 1) {
      fs.openSync(file, 'r'); // leak: fd x3
    }
  });
  test('clean', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    const fds = [1, 2, 3].map(() => fs.openSync(file, 'r'));
    for (const fd of fds) fs.closeSync(fd);
  });
});

test.describe('two of three descriptors closed', () => {
  test('leaky', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    const first = fs.openSync(file, 'r');
    fs.openSync(file, 'r'); // leak: fd
    const third = fs.openSync(file, 'r');
    fs.closeSync(first);
    fs.closeSync(third);
  });
  test('clean', ({}, testInfo) => {
    const file = scratchFile(testInfo);
    const first = fs.openSync(file, 'r');
    fs.closeSync(first);
    const reused = fs.openSync(file, 'r');
    fs.closeSync(reused);
  });
});

test.describe('a descriptor opened in another file', () => {
  test('leaky', ({}, testInfo) => {
    openLog(scratchFile(testInfo)); // charged: #openLog
  });
  test('clean', ({}, testInfo) => {
    fs.closeSync(openLog(scratchFile(testInfo)));
  });
});

test.describe('a named pipe', () => {
  test('leaky', ({}, testInfo) => {
    const fifo = makeFifo(testInfo.outputPath('fifo'));
    fs.openSync(fifo, 'r+'); // leak: fd
  });
  test('clean', ({}, testInfo) => {
    fs.closeSync(fs.openSync(makeFifo(testInfo.outputPath('fifo')), 'r+'));
  });
});

function makeFifo(file: string): string {
  execFileSync('mkfifo', [file]);
  return file;
}
