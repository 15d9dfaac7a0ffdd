import { describe, expect, it } from 'vitest';
import { relocations, repositoryPaths, repositoryRoot, upwards } from '../../../src/core/repositoryPath.ts';

const among = (...paths: readonly string[]) => {
  return (path: string): boolean => paths.includes(path);
};

describe('the root of the repository', () => {
  it('is the nearest folder with a .git, a file in worktrees and submodules', () => {
    expect(repositoryRoot('/home/me/shop/tests/e2e', {}, among('/home/me/shop/.git', '/home/.git'))).toBe('/home/me/shop');
    expect(repositoryRoot('/shop', {}, among('/.git'))).toBe('/');
  });

  it.each(['GITHUB_WORKSPACE', 'CI_PROJECT_DIR'])('is %s where the suite lies in it', (name) => {
    expect(repositoryRoot('/work/shop/tests', { [name]: '/work/shop/' }, among('/work/.git'))).toBe('/work/shop');
    expect(repositoryRoot('/work/other', { [name]: '/work/shop' }, among('/work/.git'))).toBe('/work');
  });

  it('is a checkout below the workspace, when a workflow checks out into a folder', () => {
    expect(repositoryRoot('/work/shop/sub/tests', { GITHUB_WORKSPACE: '/work/shop' }, among('/work/shop/sub/.git'))).toBe('/work/shop/sub');
  });

  it('is unknown elsewhere, and an empty variable says nothing', () => {
    expect(repositoryRoot('/shop', { GITHUB_WORKSPACE: '' }, among())).toBeNull();
  });

  it('is found on Windows', () => {
    expect(repositoryRoot('D:\\a\\shop\\tests', { GITHUB_WORKSPACE: 'D:\\a\\shop' }, among())).toBe('D:\\a\\shop');
  });
});

describe('paths in the repository', () => {
  it('are those of the first base that has the file', () => {
    const path = repositoryPaths(['/shop/tests', '/shop'], '/shop', among('/shop/tests/a.spec.ts', '/shop/src/b.ts'));
    expect(path('a.spec.ts')).toBe('tests/a.spec.ts');
    expect(path('src/b.ts')).toBe('src/b.ts');
    expect(path('../src/b.ts')).toBe('src/b.ts');
  });

  it('take the first base for a file that is nowhere', () => {
    expect(repositoryPaths(['/shop/tests', '/shop'], '/shop', among())('gone.spec.ts')).toBe('tests/gone.spec.ts');
  });

  it.each(['../../elsewhere/a.ts', '/elsewhere/a.ts', 'node:fs', 'node:internal/fs', '<anonymous>', 'C:\\other\\a.ts', 'file:///a.ts'])(
    'are none for %s, which is not in it',
    (file) => {
      expect(repositoryPaths(['/shop/tests'], '/shop', among())(file)).toBeNull();
    },
  );

  it('have slashes on Windows', () => {
    expect(repositoryPaths(['D:\\shop\\tests'], 'D:\\shop', among())('e2e/a.spec.ts')).toBe('tests/e2e/a.spec.ts');
  });
});

describe('a folder of another machine', () => {
  it('may lie here with ever more of its last parts', () => {
    expect(relocations('/builds/shop/tests/', '/work')).toEqual(['/work/tests', '/work/shop/tests', '/work/builds/shop/tests']);
    expect(relocations('D:\\shop\\tests', '/work')[1]).toBe('/work/shop/tests');
    expect(relocations('/', '/work')).toEqual([]);
  });
});

describe('the folders above', () => {
  it.each([
    ['/a/b', ['/a/b', '/a', '/']],
    ['/', ['/']],
    ['C:\\a\\b\\', ['C:\\a\\b', 'C:\\a', 'C:\\']],
    ['a', ['a']],
  ])('%s end at the root', (from, folders) => {
    expect(upwards(from)).toEqual(folders);
  });
});
