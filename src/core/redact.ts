import { REDACTED, redactCommands, redactWords } from './redactCommand.ts';
import { isSecretName } from './secretName.ts';

export { REDACTED } from './redactCommand.ts';

/** Longer texts are cut: no argument a person wants to read is longer, and it bounds the work. */
const MAX_LENGTH = 65_536;

/** Shapes of well-known credentials, wherever they stand. Every quantifier is bounded or runs over one class only: linear time. */
const CREDENTIALS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
  /\bgh[pousr]_[A-Za-z0-9]{16,}/g,
  /\bgithub_pat_\w{20,}/g,
  /\bglpat-[\w-]{16,}/g,
  /\bnpm_[A-Za-z0-9]{20,}/g,
  /\bpypi-[\w-]{20,}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{8,}/g,
  /\bhooks\.slack\.com\/services\/[\w/]+/g,
  /\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}\b/g,
  /\bAIza[\w-]{35}/g,
  /\bya29\.[\w-]{16,}/g,
  /\b[srp]k[-_](?:live|test|proj|ant)[-_][\w-]{8,}/g,
  /\bsk-[A-Za-z0-9]{20,}/g,
  /\bSG\.[\w-]{16,}\.[\w-]{16,}/g,
  /\bhf_[A-Za-z0-9]{20,}/g,
  /\bhv[sbr]\.[\w-]{12,}/g,
  /\bdop_v1_[a-f0-9]{32,}/g,
  /\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)*/g,
];

/** `://user:password@` (the password may hold `/`, `@`, or an apostrophe within, which is no closing quote), then `://token@`. */
const USER_AND_PASSWORD = /:\/\/[^\s/?#:@"'<>]{0,256}:(?!\d{1,5}(?:[/?#\s]|$))(?:[^\s?#"'<>]|'(?=[\w%!$~^*])){1,512}@/g;
const USER_ALONE = /([a-z0-9+.-]{0,30}):\/\/([^\s/?#:@"'<>]{1,512})@/gi;
const PARAMETER = /([?&;#])([^\s=&;#?"'<>]{1,64})=((?:[^\s&;#"'<>]|'(?=[\w%!$~^*]))+)/g;
const ASSIGNMENT = /(?<![\w.-])(-{0,2}[A-Za-z_][\w.-]{0,63})=("[^"]*"|'[^']*'|[^\s"'&;|]+)/g;
const OPTION = /(?<!\S)(--?[A-Za-z_][\w.-]{0,63})([ \t]+)("[^"]*"|'[^']*'|[^\s"'-][^\s"']*)/g;
const JSON_MEMBER = /(["'])([\w.-]{1,64})\1(\s{0,8}:\s{0,8})("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w.+-]+)/g;
/** Of a line, of something quoted, or of an option: `--header=X-Api-Key: …`, `-HX-Api-Key: …`. */
const HEADER =
  /(^|[\n"']|(?<!\S)(?:-H[ \t]{0,8}|--(?:proxy-)?header[= \t]{1,8}))([A-Za-z][\w-]{0,63})(:[ \t]*)(?!\[redacted\])([^\s"'][^\n"']*)/g;
const SCHEME = /\b(bearer|basic|digest|negotiate)([ \t]+)([A-Za-z0-9._~+/=-]{8,})/gi;
const BASIC_OPTION = /(?<!\S)(-u|--user|--proxy-user|-U|--auth|--basic-auth)([ =]+)([^\s:"']+):(?!\/\/)([^\s"']+)/g;
/**
 * `user:password@host` without a scheme, where a value begins. Not `nginx:1.25@sha256:…`, and of packages neither a version, which begins
 * with a digit, nor what names its registry: `npm:left-pad@next`.
 */
const LOGIN = String.raw`(?!(?:npm|jsr|file|link|portal|workspace|patch|git|github|mailto|acct|sips?|urn|data):)[\w.%+-]{1,64}:[^\s"'/]{1,256}@(?=(?:(?!sha\d)[A-Za-z[]|(?:\d{1,3}\.){3}\d))`;
const VALUE_LOGIN = new RegExp(String.raw`(=["']?|(?<!\S)--?[A-Za-z][\w.-]{0,63}[ \t]{1,8}["']?)${LOGIN}`, 'g');
const ARGUMENT_LOGIN = new RegExp(`^${LOGIN}`);
/** One `name=value` of a text like `Server=db;User Id=app;Password=two words`, whose values may hold blanks. */
const CONNECTION_PAIR = /(^|[;"'\n])([ \t]{0,8})([A-Za-z][\w-]{0,63}(?: [A-Za-z]{1,32}){0,2})=(\{[^}\n]{0,256}\}|[^;"'\n]+)/g;
/** Shorter ones are no key that anybody could not guess. */
const MIN_KEY = 8;
const PASS_SOURCE = /(?<!\S)(pass:)\S+/g;

/**
 * A text without its secrets: passwords in URLs and assignments, values of options, parameters, headers and JSON members whose
 * name says that they are secret, and credentials that are recognized by their shape. Everything else stays as it is.
 *
 * @example redactText('psql postgres://app:hunter2@db/shop') // 'psql postgres://[redacted]@db/shop'
 */
export function redactText(text: string): string {
  let result = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  for (const credential of CREDENTIALS) result = result.replace(credential, REDACTED);
  return redactConnection(redactCommands(result))
    .replace(USER_AND_PASSWORD, `://${REDACTED}@`)
    .replace(USER_ALONE, (match, scheme: string, user: string) => (isPlainUser(scheme, user) ? match : `${scheme}://${REDACTED}@`))
    .replace(PARAMETER, (match, mark: string, name: string, value: string) =>
      isSecretParameter(mark, decode(name), value) ? `${mark}${name}=${REDACTED}` : match,
    )
    .replace(JSON_MEMBER, (match, quote: string, name: string, colon: string) =>
      isSecretName(name) ? `${quote}${name}${quote}${colon}${quote}${REDACTED}${quote}` : match,
    )
    .replace(HEADER, (match, before: string, name: string, colon: string) =>
      isSecretName(name) ? `${before}${name}${colon}${REDACTED}` : match,
    )
    .replace(SCHEME, (match, scheme: string, space: string, value: string) =>
      /[0-9=._/+]|[a-z][A-Z]/.test(value) ? `${scheme}${space}${REDACTED}` : match,
    )
    .replace(BASIC_OPTION, `$1$2$3:${REDACTED}`)
    .replace(VALUE_LOGIN, `$1${REDACTED}@`)
    .replace(PASS_SOURCE, `$1${REDACTED}`)
    .replace(ASSIGNMENT, (match, name: string, value: string) =>
      isSecretName(name) && !value.startsWith(REDACTED) ? `${name}=${REDACTED}` : match,
    )
    .replace(OPTION, (match, name: string, space: string) => (isSecretName(name) ? `${name}${space}${REDACTED}` : match));
}

/** What makes a word one that may hold an address, an assignment or a credential. */
const TELLING = /\w=|@|:\/\/|(?<!\S)\S{16}/;

/**
 * A title or another name that a person gave, without what {@link redactText} takes out of its single words: secrets of URLs, assignments
 * and credentials. Over words it does not look, for in prose what follows `Password:` or `--token` is no secret.
 *
 * @example redactTitle('Password: opens https://bob:hunter2@host') // 'Password: opens https://[redacted]@host'
 */
export function redactTitle(title: string): string {
  if (!TELLING.test(title)) return title;
  return title.replace(/\S+/g, (word) => (TELLING.test(word) ? redactText(word) : word));
}

/** A name, quoted or not, and the text in quotes that it is given or that comes after it in a list. */
const CODE_VALUE = /([A-Za-z_$][\w.$-]{0,63})(["'`]?\s{0,4}[:=,]\s{0,4})(["'`])(?:(?!\3)[^\\]|\\.)*\3/g;

/**
 * A line of code without its secrets: those of {@link redactText}, and texts that are given to a name, or come after one, which says that
 * they are secret.
 *
 * @example redactCode("page.fill('#password', 'hunter2')") // "page.fill('#password', '[redacted]')"
 */
export function redactCode(line: string): string {
  return redactText(line).replace(CODE_VALUE, (match, name: string, between: string, quote: string) =>
    isSecretName(name) ? `${name}${between}${quote}${REDACTED}${quote}` : match,
  );
}

/** Of `;`-separated pairs, the whole values of those whose name says that they are secret: they run to the next `;`. */
function redactConnection(text: string): string {
  if (!text.includes(';')) return text;
  return text.replace(CONNECTION_PAIR, (match, mark: string, space: string, name: string, _value: string, offset: number) => {
    if (!isSecretName(name)) return match;
    const before = text.slice(Math.max(0, offset - 256), offset);
    const after = text.slice(offset + match.length, offset + match.length + 110);
    const follows = mark === ';' && before.lastIndexOf('=') > before.lastIndexOf(';');
    const isFollowed = /^;[ \t]*(?:$|[A-Za-z][\w -]{0,90}=)/.test(after);
    return follows || isFollowed ? `${mark}${space}${name}=${REDACTED}` : match;
  });
}

/** A URL without credentials and secret parameters; of a long `data:` URL only the beginning, since its content is no address. */
export function redactUrl(url: string): string {
  const comma = /^data:/i.test(url) ? url.indexOf(',') : -1;
  if (comma !== -1 && url.length > 100) return `${url.slice(0, Math.min(comma, 99) + 1)}…`;
  return redactText(url);
}

/**
 * The arguments of a process without their secrets. Number and order of the arguments stay.
 *
 * @example redactArgv(['node', 'job.js', '--token', 'abc', '--port=80']) // ['node', 'job.js', '--token', '[redacted]', '--port=80']
 */
export function redactArgv(argv: readonly string[]): string[] {
  return redactWords(argv).map((argument, index) => {
    if (argument !== argv[index]) return argument;
    const previous = index === 0 ? undefined : argv[index - 1];
    if (previous !== undefined && takesSecret(previous) && !isOption(argument)) return REDACTED;
    if (previous !== undefined && /^(?:-u|--user|--proxy-user|--auth|--basic-auth)$/.test(previous)) {
      const colon = argument.indexOf(':');
      if (colon > 0 && !argument.startsWith('://', colon)) return `${argument.slice(0, colon)}:${REDACTED}`;
    }
    const equals = argument.indexOf('=');
    if (equals > 0 && /^-{0,2}[A-Za-z_][\w.:-]*$/.test(argument.slice(0, equals)) && isSecretName(argument.slice(0, equals))) {
      return `${argument.slice(0, equals)}=${REDACTED}`;
    }
    return redactText(previous !== undefined && isOption(previous) ? argument.replace(ARGUMENT_LOGIN, `${REDACTED}@`) : argument);
  });
}

/** `--token`, whose next argument is the secret. Not `--no-password`, `--use-token`: those are switches. */
function takesSecret(option: string): boolean {
  return /^--?[A-Za-z_][\w.-]*$/.test(option) && isSecretName(option);
}

function isOption(argument: string): boolean {
  return /^--?[A-Za-z_][\w-]*(?:=|$)/.test(argument);
}

/** `ssh://git@host`: a login, not a token. Over HTTP a lone user is nearly always a token. */
function isPlainUser(scheme: string, user: string): boolean {
  return /(?:ssh|sftp|ftp|rsync)$/i.test(scheme) && /^[a-z][a-z0-9._-]{0,15}$/i.test(user);
}

/**
 * A URL's `code` is what an OAuth provider hands out for a token; anywhere else it is an exit code, or the like. Its `key` is one of an API
 * when it is long: `?key=name` says by what to sort.
 */
function isSecretParameter(mark: string, name: string, value: string): boolean {
  if (isSecretName(name) || (mark !== ';' && /^(?:code|session)$/i.test(name))) return true;
  return /^[?&]$/.test(mark) && /^(?:key|auth)$/i.test(name) && value.length >= MIN_KEY;
}

function decode(name: string): string {
  return name.replace(/%5[BbDd]|[[\]]/g, '.');
}
