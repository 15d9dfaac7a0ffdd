import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { defaultOutputDir, nearestInProject, packageFolder, projectFolder } from '../../../src/files/projectFolder.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

let folder = '';
let deep = '';
beforeEach(() => {
  folder = temporaryFolder();
  deep = join(folder, 'shop', 'e2e', 'deep');
  mkdirSync(deep, { recursive: true });
});

describe('the folder of a project', () => {
  it('is the nearest that has a package.json', () => {
    writeFileSync(join(folder, 'package.json'), '{}');
    writeFileSync(join(folder, 'shop', 'package.json'), '{}');
    expect(packageFolder(deep)).toBe(join(folder, 'shop'));
    expect(projectFolder(deep)).toBe(join(folder, 'shop'));
    expect(defaultOutputDir(deep)).toBe(join(folder, 'shop', 'leak-report'));
  });

  it('is the folder itself when there is none above', () => {
    expect(packageFolder(deep)).toBeNull();
    expect(projectFolder(deep)).toBe(deep);
    expect(defaultOutputDir(deep)).toBe(join(deep, 'leak-report'));
  });
});

describe('a file of the project', () => {
  it('is the nearest of its name, up to the package.json and not beyond', () => {
    writeFileSync(join(folder, 'found.json'), '');
    writeFileSync(join(folder, 'shop', 'package.json'), '{}');
    expect(nearestInProject(deep, 'found.json')).toBeNull();
    writeFileSync(join(folder, 'shop', 'found.json'), '');
    expect(nearestInProject(deep, 'found.json')).toBe(join(folder, 'shop', 'found.json'));
    writeFileSync(join(deep, 'found.json'), '');
    expect(nearestInProject(deep, 'found.json')).toBe(join(deep, 'found.json'));
  });

  it('without a package.json lies in the folder itself', () => {
    writeFileSync(join(folder, 'found.json'), '');
    expect(nearestInProject(deep, 'found.json')).toBeNull();
  });
});
