/** What leaves the process in error messages and health reports is cut to this many characters. */
const MAX_LENGTH = 200;

/** An apostrophe may stand in any part of a URL; a quote and angle brackets are always escaped there, so they end it. */
const QUERY_OR_FRAGMENT = /([a-z][a-z0-9+.-]*:\/\/[^\s?#"<>]*)[?#][^\s"<>]*/gi;
/** To the last `@`: a password may hold one. */
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"<>]*@/gi;
/** What may be a user name and password whose `@` was cut off. */
const CUT_AUTHORITY = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"<>]*$/i;

/**
 * A text without what its URLs may keep secret: user names, passwords, queries and fragments go; and it is cut to `most` characters.
 *
 * @example
 * safeText('GET https://me:pw@shop.test/cart?token=1 failed'); // 'GET https://shop.test/cart failed'
 */
export function safeText(text: string, most = MAX_LENGTH): string {
  // Cut first: the cost of looking stays bounded, and a URL cut in the middle is still recognised by its beginning.
  const cut = text.length > most ? `${text.slice(0, most).replace(CUT_AUTHORITY, '$1')}…` : text;
  return cut.replace(USER_INFO, '$1').replace(QUERY_OR_FRAGMENT, '$1');
}
