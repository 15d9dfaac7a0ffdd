import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { broken, fine, note, type Diagnosis } from './diagnosis.ts';
import type { OwnPackage } from '../assets/ownPackage.ts';
import { findPackage, packageCopies, type Manifest } from './packageCopies.ts';
import { readSuite } from './suiteFiles.ts';
import { inRange } from './versions.ts';

const TEST = '@playwright/test';

/** Playwright's version, and whether there is exactly one of it. */
export function playwrightDiagnoses(folder: string, own: OwnPackage): Diagnosis[] {
  const [nearest, ...others] = packageCopies(TEST, folder);
  if (nearest === undefined) return [broken('Playwright', `${TEST} is not installed here`, `npm i -D ${TEST}`)];
  const version = inRange(nearest.version, own.playwright)
    ? fine('Playwright', `${nearest.version} (leak needs ${own.playwright})`)
    : broken('Playwright', `${nearest.version} is outside of ${own.playwright}`, `npm i -D ${TEST}@latest`);
  const places = [nearest, ...others].map((copy) => `${copy.version} in ${shown(copy.folder, folder)}`).join(', ');
  if (others.length > 0) {
    const remedy = `keep one: npm ls ${TEST} shows who brings the other; a package should have it as a peer dependency`;
    return [version, broken('copies', `${TEST} is installed ${others.length + 1} times: ${places}`, remedy)];
  }
  return [version, ...hangs(nearest.version), coreCopies(folder)];
}

/** Reproduced with 1.50.0 to 1.52.0 on Node 24.21, without this package. */
function hangs(playwright: string): Diagnosis[] {
  if (!inRange(process.versions.node, '>=24') || inRange(playwright, '>=1.53')) return [];
  const detail = `${playwright} hangs by itself on Node ${process.versions.node} when the suite is an ES module`;
  return [note('Playwright', detail, `npm i -D ${TEST}@latest, or use Node 20 or 22`)];
}

/** A second playwright-core breaks no suite, but browsers it launches are not Playwright Test's. */
function coreCopies(folder: string): Diagnosis {
  const cores = packageCopies('playwright-core', folder);
  if (cores.length < 2) return fine('copies', `one ${TEST}, one playwright-core`);
  const places = cores.map((copy) => `${copy.version} in ${shown(copy.folder, folder)}`).join(', ');
  return note(
    'copies',
    `playwright-core is installed ${cores.length} times: ${places}`,
    'browsers that the other copy launches are seen as processes only: npm ls playwright-core shows who brings it',
  );
}

/** Whether `--reporter=leak` finds this package, and not something else of that name. */
export function reporterDiagnoses(cwd: string, folder: string, own: OwnPackage): Diagnosis[] {
  const shadow = [...new Set([cwd, folder])].map((place) => path.join(place, 'leak')).find((place) => existsSync(place));
  if (shadow !== undefined) {
    const detail = `${shown(shadow, cwd)} takes the place of the package for --reporter=leak`;
    return [broken('reporter', detail, 'rename it, or move it into another folder')];
  }
  const found = findPackage('leak', cwd);
  if (found === null) return [broken('reporter', '--reporter=leak finds no package called leak from here', 'npm i -D leak')];
  if (found.folder === own.folder) return [fine('reporter', '--reporter=leak finds this package')];
  const place = `${String(found.manifest.version)} in ${shown(found.folder, cwd)}`;
  if (!isLeak(found.manifest)) {
    const detail = `--reporter=leak finds another package: ${String(found.manifest.name)} ${place}`;
    return [broken('reporter', detail, 'install leak in its place: npm i -D leak-x.y.z.tgz')];
  }
  const detail = `--reporter=leak finds leak ${place}, and this command is of leak ${own.version} in ${own.folder}`;
  if (found.manifest.version === own.version) return [fine('reporter', detail)];
  return [note('reporter', detail, 'npx leak doctor in the folder of the project asks the one that is used')];
}

/** Another copy of this package, older or newer, exports the fixtures; a stranger of its name does not. */
function isLeak({ name, exports }: Manifest): boolean {
  return name === 'leak' && typeof exports === 'object' && exports !== null && './fixtures' in exports;
}

/** Whether this suite uses the reporter and the fixtures. */
export function useDiagnoses(folder: string): Diagnosis[] {
  const { configs, configsWithReporter, fixtureImports } = readSuite(folder);
  const [config] = configsWithReporter;
  const reporter =
    config !== undefined
      ? fine('config', `${config} names the reporter`)
      : note(
          'config',
          configs.length === 0 ? 'no Playwright configuration found here' : `${configs.join(', ')} does not name the reporter`,
          "add reporter: [['list'], ['leak']], or run npx playwright test --reporter=leak",
        );
  const fixtures =
    fixtureImports.length > 0
      ? fine('fixtures', `leak/fixtures is imported by ${fixtureImports.length === 1 ? 'one file' : `${fixtureImports.length} files`}`)
      : note(
          'fixtures',
          'leak/fixtures is not imported: the reporter only sees the workers from outside',
          "import { test, expect } from 'leak/fixtures' instead of '@playwright/test'",
        );
  return [reporter, fixtures];
}

/** Relative to the folder when that is shorter to read. */
function shown(place: string, folder: string): string {
  const relative = path.relative(realpathSync(folder), place);
  return relative === '' || relative.startsWith(`..${path.sep}..`) ? place : relative;
}
