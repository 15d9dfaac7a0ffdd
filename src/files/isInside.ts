import path from 'node:path';

/** Whether an absolute path is a folder or lies in it. */
export function isInside(place: string, folder: string): boolean {
  const way = path.relative(folder, place);
  return !(way === '..' || way.startsWith(`..${path.sep}`) || path.isAbsolute(way));
}
