/** Words that make a name secret wherever they stand in it. */
const SECRET_WORDS = new Set([
  'password',
  'passwd',
  'passphrase',
  'passwort',
  'passcode',
  'pwd',
  'pass',
  'secret',
  'secrets',
  'token',
  'credential',
  'credentials',
  'authorization',
  'bearer',
  'jwt',
  'apikey',
  'accesskey',
  'secretkey',
  'privatekey',
  'authtoken',
  'cookie',
  'cookies',
  'otp',
  'signature',
  'sig',
  'pgpassword',
  'sessionid',
  'sid',
]);

/** Pairs of words that do so together. */
const SECRET_PAIRS = new Set([
  'api key',
  'access key',
  'private key',
  'auth key',
  'account key',
  'encryption key',
  'signing key',
  'master key',
  'license key',
  'service key',
  'session id',
  'session key',
  'pre shared',
  'npm auth',
]);

/** A last word that says the value is about the secret and is not the secret: a place, a limit, a switch. */
const HARMLESS_ENDINGS = new Set(
  (
    'file files path dir directory folder name names store type types url uri endpoint ttl expiry expires expiration length size count min max ' +
    'policy provider manager scan tests test limit limits timeout age field header prompt stdin format env var required enabled disabled ' +
    'budget usage counter check strength rules generation saving autofill leak detection import export'
  ).split(' '),
);

/** A first word of a switch: `--no-password`, `--disable-cookies`. */
const SWITCHES = new Set(['no', 'disable', 'enable', 'skip', 'without', 'allow', 'show', 'hide', 'ignore']);

/**
 * Whether a name (of an option, a variable, a parameter, a header) says that its value is secret. Names are read word by word,
 * so that `--author`, `--tokenizer`, `--passWithNoTests` and Chromium's `--password-store` are left alone.
 */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  const first = words[0];
  const last = words.at(-1);
  if (first === undefined || last === undefined) return false;
  if (SWITCHES.has(first) || (words.length > 1 && HARMLESS_ENDINGS.has(last))) return false;
  // npm's, in whatever prefix: `_auth`, `npm_config__auth`.
  if (/(?:^|[-_:/])_auth$/.test(name)) return true;
  return words.some((word, index) => {
    // A personal access token: `--pat`, `GITHUB_PAT`. Alone, it may be a person.
    if (word === 'pat') return index === words.length - 1 && (index > 0 || /^(?:-|PAT$)/.test(name));
    if (word === 'pass' || word === 'sid' || word === 'sig') return index === words.length - 1;
    return SECRET_WORDS.has(word) || SECRET_PAIRS.has(`${word} ${words[index + 1] ?? ''}`);
  });
}

function wordsOf(name: string): string[] {
  return name
    .slice(0, 128)
    .replace(/^-D/, '') // Java's way to say that a property follows.
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}
