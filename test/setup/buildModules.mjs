/** What runs of the package: each entry in one file, with what entries share beside them. A worker loads ten files instead of a hundred. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';

/**
 * Bundles everything that package.json exports or makes a command of into `dist`; packages stay imports.
 *
 * @param {string} root
 * @returns {Promise<string[]>} the files written
 */
export async function buildModules(root) {
  const { bin, exports, dependencies, peerDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const shipped = [...Object.values(bin), ...Object.values(exports).flatMap((target) => target.default ?? [])];
  const names = shipped.map((file) => path.relative('dist', file).replace(/\.js$/, ''));
  const bundle = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, path.join(root, `${name}.ts`)])),
    external: Object.keys({ ...dependencies, ...peerDependencies }).map((name) => new RegExp(`^${name}(?:/|$)`)),
    platform: 'node',
    tsconfig: path.join(root, 'tsconfig.json'),
    transform: { target: 'node20' },
  });
  const { output } = await bundle.write({
    dir: path.join(root, 'dist'),
    format: 'esm',
    chunkFileNames: ({ moduleIds }) =>
      `${commonFolder(moduleIds.map((id) => path.relative(root, id).replaceAll(path.sep, '/')))}/[name].js`,
    // `import.meta` is in these alone, and must be in nothing that fixtures load: see `src/probes/ownFiles.ts`.
    codeSplitting: { groups: [{ name: 'assets', test: /src\/assets/ }] },
  });
  await bundle.close();
  return output.map(({ fileName }) => path.join(root, 'dist', fileName));
}

/**
 * Where the stacks of what modules share shall show it: in their folder where they have one, and in any case below `src`, by which the
 * package knows its own.
 *
 * @param {string[]} modules
 */
function commonFolder(modules) {
  const folders = new Set(modules.map((module) => path.posix.dirname(module)).filter((folder) => folder.startsWith('src/')));
  return folders.size === 1 ? [...folders].join() : 'src/shared';
}
