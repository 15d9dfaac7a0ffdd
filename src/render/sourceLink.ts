import type { Place } from './issues.ts';

/**
 * Makes addresses of source lines on GitHub or GitLab, from what their CI servers say of the repository and the commit; `undefined` where
 * neither says it.
 */
export function sourceLink(env: Readonly<Record<string, string | undefined>>): ((place: Place) => string) | undefined {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_SHA, CI_PROJECT_URL, CI_COMMIT_SHA } = env;
  const folder =
    GITHUB_SERVER_URL && GITHUB_REPOSITORY && GITHUB_SHA
      ? `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/blob/${GITHUB_SHA}`
      : CI_PROJECT_URL && CI_COMMIT_SHA
        ? `${CI_PROJECT_URL}/-/blob/${CI_COMMIT_SHA}`
        : '';
  if (!/^https?:\/\/[\w.:/~-]+$/.test(folder)) return undefined;
  return ({ file, line }) => `${folder}/${file.split('/').map(encode).join('/')}#L${String(line)}`;
}

/** Also what `encodeURIComponent` leaves and Markdown does not. */
function encode(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}
