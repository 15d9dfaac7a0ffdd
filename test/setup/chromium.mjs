/** A Chromium that starts on this machine, wherever it comes from. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Milliseconds a download may go without a sign of life, and milliseconds it may take at all. */
const DOWNLOAD_STALL = 45_000;
const DOWNLOAD_LIMIT = 300_000;
/** Debian's packages, the better one first: the headless shell is what Playwright runs tests with, and it starts in half the time. */
const PACKAGES = ['chromium-headless-shell', 'chromium'];
/** The shell itself: Debian's `/usr/bin/chromium-headless-shell` stays its parent, and a signal to that pid misses the browser. */
const DEBIAN_SHELL = '/usr/lib/chromium/chromium-headless-shell';

/**
 * Path of the Chromium to test with. Asked in turn: the environment, Playwright's own download, installed browsers, a download by
 * Playwright, and, as root on Debian or Ubuntu, the distribution's package.
 *
 * @param {string} root
 * @param {(sentence: string) => void} say
 * @returns {Promise<string>}
 */
export async function ensureChromium(root, say) {
  for (const variable of ['LEAK_CHROMIUM', 'PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH', 'CHROME_PATH']) {
    const file = process.env[variable];
    if (!file) continue;
    if (!existsSync(file)) throw new Error(`${variable} is ${file}, where there is no file. Correct it or unset it.`);
    return file;
  }
  const own = createRequire(path.join(root, 'package.json'))('@playwright/test').chromium.executablePath();
  const present = [own, ...installedBrowsers()].find((file) => starts(file));
  if (present !== undefined) return present;

  say('no Chromium here: asking Playwright to download one …');
  const downloaded = await download(root);
  if (downloaded && starts(own)) return own;

  if (process.getuid?.() === 0 && starts('/usr/bin/apt-get', /^apt /)) {
    const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['-q', 'update'], quiet);
    for (const name of PACKAGES) {
      say(`that did not help: installing the package ${name} (apt-get) …`);
      spawnSync('apt-get', ['-qy', 'install', '--no-install-recommends', name], quiet);
      const packaged = [own, ...installedBrowsers()].find((file) => starts(file));
      if (packaged !== undefined) return packaged;
    }
  }
  throw new Error(
    'No Chromium could be found, downloaded or installed. Install Chrome or Chromium, or name one: LEAK_CHROMIUM=/path/to/chrome npm test',
  );
}

/** @returns {string[]} */
function installedBrowsers() {
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
  }
  if (process.platform === 'win32') {
    const homes = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((name) => process.env[name] ?? []);
    const programs = [
      'Google\\Chrome\\Application\\chrome.exe',
      'Chromium\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
    ];
    return homes.flatMap((home) => programs.map((program) => path.join(home, program)));
  }
  const names = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser', 'microsoft-edge'];
  const folders = [...(process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== ''), '/usr/bin', '/snap/bin'];
  return [DEBIAN_SHELL, ...names.flatMap((name) => folders.map((folder) => path.join(folder, name)))];
}

/**
 * Whether the program runs: a browser without its system libraries, or Ubuntu's stand-in for a snap, is there but does not.
 *
 * @param {string} file
 */
function starts(file, answer = /chrom|edge/i) {
  if (!existsSync(file)) return false;
  // On Windows `chrome --version` opens a window.
  if (process.platform === 'win32') return true;
  const result = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return result.status === 0 && answer.test(result.stdout);
}

/**
 * @param {string} root
 * @returns {Promise<boolean>}
 */
function download(root) {
  const command = [path.join(root, 'node_modules/@playwright/test/cli.js'), 'install', 'chromium', '--no-shell'];
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill();
  const limit = setTimeout(stop, DOWNLOAD_LIMIT);
  let stall = setTimeout(stop, DOWNLOAD_STALL);
  const alive = () => {
    clearTimeout(stall);
    stall = setTimeout(stop, DOWNLOAD_STALL);
  };
  child.stdout.on('data', alive);
  child.stderr.on('data', alive);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(limit);
      clearTimeout(stall);
      resolve(code === 0);
    });
  });
}
