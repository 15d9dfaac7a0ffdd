import { describe, expect, it } from 'vitest';
import { REDACTED, redactArgv, redactText, redactUrl } from '../../../src/core/redact.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N';

describe('redactArgv', () => {
  it.each<[string, string[], string]>([
    ['an option with its value after it', ['job', '--token', 'hunter2'], 'hunter2'],
    ['an option joined by an equals sign', ['job', '--password=hunter2'], 'hunter2'],
    ['a single-dash option', ['java', '-Dapi.key=hunter2'], 'hunter2'],
    ['a camel-case option', ['job', '--clientSecret', 'hunter2'], 'hunter2'],
    ['an API key', ['job', '--api-key', 'hunter2'], 'hunter2'],
    ['an assignment', ['env', 'STRIPE_SECRET=hunter2', 'node'], 'hunter2'],
    ['a secret that holds an equals sign and blanks', ['env', 'DB_PASSWORD=a=b hunter2'], 'hunter2'],
    ['an AWS key pair', ['env', 'AWS_SECRET_ACCESS_KEY=hunter2/x+y'], 'hunter2'],
    ['a key id', ['env', 'AWS_ACCESS_KEY_ID=hunter2'], 'hunter2'],
    ['the Rails key base', ['env', 'SECRET_KEY_BASE=hunter2'], 'hunter2'],
    ['a password in a URL', ['psql', 'postgres://app:hunter2@db:5432/shop'], 'hunter2'],
    ['a password with an at sign', ['psql', 'postgres://app:p@ss-hunter2@db/shop'], 'hunter2'],
    ['a password with a slash', ['psql', 'postgres://app:p/hunter2@db/shop'], 'hunter2'],
    ['a token in a URL', ['git', 'clone', 'https://hunter2@example.test/x.git'], 'hunter2'],
    ['a parameter of a URL', ['curl', 'https://example.test/?a=1&access_token=hunter2&b=2'], 'hunter2'],
    ['a header', ['curl', '-H', 'Authorization: Custom hunter2'], 'hunter2'],
    ['a header of a key', ['curl', '-H', 'X-Api-Key: hunter2'], 'hunter2'],
    ['a cookie', ['curl', '-H', 'Cookie: sid=hunter2; theme=dark'], 'hunter2'],
    ['a user with password', ['curl', '-u', 'admin:hunter2'], 'hunter2'],
    ['a joined short option', ['/usr/bin/mysql', '-uroot', '-phunter2'], 'hunter2'],
    ['a separate short option', ['sshpass', '-p', 'hunter2', 'ssh', 'host'], 'hunter2'],
    ['a shell command', ['sh', '-c', 'job --token hunter2 && PASSWORD="x hunter2" run'], 'hunter2'],
    ['openssl', ['openssl', 'enc', '-pass', 'pass:hunter2'], 'hunter2'],
    ['JSON', ['node', '-e', 'run({"password": "hunter2"})'], 'hunter2'],
    ['a GitHub token', ['job', 'ghp_0123456789abcdefghijABCDEFGHIJ012345'], 'ghp_0123'],
    ['an npm token', ['job', 'npm_0123456789abcdefghijABCDEFGHIJ012345'], 'npm_0123'],
    ['an AWS key', ['job', 'AKIAIOSFODNN7EXAMPLE'], 'AKIAIOS'],
    ['a Slack token', ['job', 'xoxb-123456789012-abcdefGHIJ'], 'xoxb-1234'],
    ['a web token', ['job', JWT], 'eyJzdWI'],
    ['a bearer token', ['sh', '-c', 'curl -H "authorization: bearer hunter2hunter2"'], 'hunter2'],
    ['a private key', ['job', '-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----'], 'hunter2'],
  ])('hides %s', (_what, argv, secret) => {
    const redacted = redactArgv(argv);
    expect(redacted.join(' ')).not.toContain(secret);
    expect(redacted.join(' ')).toContain(REDACTED);
    expect(redacted).toHaveLength(argv.length);
  });

  it.each<[string[]]>([
    [['node', '/srv/app/server.js', '--port=8080', '--author', 'Ada']],
    [['jest', '--passWithNoTests', 'src']],
    [['chromium', '--password-store=basic', '--use-mock-keychain', '--remote-debugging-port=9222', '--no-sandbox']],
    [['job', '--no-password', 'positional']],
    [['job', '--token-file', '/run/secrets/token']],
    [['job', '--tokenizer', 'bpe', '--keyboard=us', '--session-size=3']],
    [['mkdir', '-p', '/tmp/a']],
    [['node', '-p', '1 + 1']],
    [['git', 'clone', 'ssh://git@example.test/x.git']],
    [['curl', 'http://127.0.0.1:8080/a?page=2&sort=asc#top']],
    [['curl', 'https://example.test/@scope/name@1.2.3']],
    [['mysql', '-p', 'shop']],
    [['job', '--token', '--verbose']],
    [['echo', 'Basic authentication is on; time: 10:30']],
    [['node', '-e', 'setInterval(() => {}, 1000)']],
  ])('leaves %j as it is', (argv) => {
    expect(redactArgv(argv)).toEqual(argv);
  });

  it('says which option it was', () => {
    expect(redactArgv(['job', '--token', 'a', '--password=b', 'X_SECRET=c'])).toEqual([
      'job',
      '--token',
      REDACTED,
      `--password=${REDACTED}`,
      `X_SECRET=${REDACTED}`,
    ]);
  });
});

describe('redactUrl', () => {
  it('keeps host, path and harmless parameters', () => {
    expect(redactUrl('https://u:p@shop.test/cart?id=7&token=abc#sig=def')).toBe(
      `https://${REDACTED}@shop.test/cart?id=7&token=${REDACTED}#sig=${REDACTED}`,
    );
  });

  it('cuts the content out of a long data URL', () => {
    expect(redactUrl(`data:text/html,${'x'.repeat(200)}`)).toBe('data:text/html,…');
    expect(redactUrl('data:text/html,hi')).toBe('data:text/html,hi');
  });
});

describe('redactText', () => {
  it.each([
    'a',
    '-',
    '=',
    ':',
    '"',
    "'",
    '://',
    '://a:',
    '--token ',
    '-----BEGIN PRIVATE KEY-----',
    'eyJ',
    'eyJaaaaaa.',
    '?a=',
    '&',
    ' -u a',
    '\\',
    '{"a":"',
  ])('takes time in proportion to a text of many %j', (piece) => {
    const time = (length: number): number => {
      const text = piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
      const started = process.cpuUsage().user;
      for (let round = 0; round < 3; round++) redactText(text);
      return process.cpuUsage().user - started;
    };
    time(1_000);
    // Eight times the text: a quadratic pattern takes 64 times as long. The constant absorbs the clock's grain.
    expect(time(64_000)).toBeLessThan(24 * time(8_000) + 60_000);
  });

  it('cuts a text that nobody could read', () => {
    expect(redactText('a'.repeat(100_000))).toHaveLength(65_537);
  });

  it('is stable: redacting twice changes nothing', () => {
    const once = redactText('curl -u a:b https://x:y@h/?token=z --password q "secret": "w"');
    expect(redactText(once)).toBe(once);
  });
});
