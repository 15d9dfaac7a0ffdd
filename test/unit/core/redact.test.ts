import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REDACTED, redactArgv, redactCode, redactText, redactTitle, redactUrl } from '../../../src/core/redact.ts';

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
    ['a header joined by an equals sign', ['curl', '--header=PRIVATE-TOKEN: hunter2'], 'hunter2'],
    ['a header of a key, joined by an equals sign', ['wget', '--header=X-Api-Key: hunter2'], 'hunter2'],
    ['a joined header', ['curl', '-HX-Api-Key: hunter2', 'https://example.test'], 'hunter2'],
    ['a header of two words in a shell', ['sh', '-c', 'curl -HX-Api-Key:x\\ hunter2 https://example.test'], 'hunter2'],
    ['a header for a proxy', ['curl', '--proxy-header=X-Auth-Token: hunter2'], 'hunter2'],
    ['a cookie', ['curl', '-H', 'Cookie: sid=hunter2; theme=dark'], 'hunter2'],
    ['a user with password', ['curl', '-u', 'admin:hunter2'], 'hunter2'],
    ['a joined user with password', ['curl', '-s', '-uadmin:hunter2', 'https://example.test'], 'hunter2'],
    ['a joined user with password in a shell', ['sh', '-c', 'cd /x && curl -uadmin:hunter2 https://example.test'], 'hunter2'],
    ['an auth of user and password', ['http', '--auth', 'admin:hunter2'], 'hunter2'],
    ['an auth joined by an equals sign', ['http', '--auth=admin:hunter2'], 'hunter2'],
    ['npm’s auth', ['npm', 'publish', '--_auth=aHVudGVyMg=='], 'aHVudGVyMg'],
    ['npm’s auth after its option', ['npm', 'publish', '--_auth', 'aHVudGVyMg=='], 'aHVudGVyMg'],
    ['npm’s auth of a registry', ['job', '//registry.example.test/:_auth=aHVudGVyMg=='], 'aHVudGVyMg'],
    ['npm’s auth in the environment', ['env', 'npm_config__auth=aHVudGVyMg=='], 'aHVudGVyMg'],
    ['a personal access token', ['job', '--pat', 'hunter2'], 'hunter2'],
    ['a personal access token in the environment', ['env', 'AZURE_DEVOPS_EXT_PAT=hunter2'], 'hunter2'],
    ['a proxy without a scheme', ['chromium', '--proxy-server=me:hunter2@proxy:8080'], 'hunter2'],
    ['a proxy without a scheme after its option', ['curl', '-x', 'me:hunter2@10.0.0.7:8080'], 'hunter2'],
    ['a proxy without a scheme in a shell', ['sh', '-c', 'curl --proxy "me:hunter2@proxy:8080" https://example.test'], 'hunter2'],
    ['a proxy in the environment', ['env', 'HTTP_PROXY=me:hunter2@proxy.example.test'], 'hunter2'],
    ['a Vault token', ['job', 'hvs.CAESIJ0123456789abcdefXYZ'], 'hvs.CAESI'],
    ['a key of an API in a URL', ['curl', 'https://example.test/geo?key=hunter2hunter2&q=Berlin'], 'hunter2'],
    ['an auth in a URL', ['curl', 'https://example.test/?q=1&auth=hunter2hunter2'], 'hunter2'],
    ['a password with an apostrophe', ['git', 'clone', "https://me:it'shunter2@example.test/x"], 'hunter2'],
    ['a parameter with an apostrophe', ['curl', "https://example.test/?token=it'shunter2&a=1"], 'hunter2'],
    ['a joined short option', ['/usr/bin/mysql', '-uroot', '-phunter2'], 'hunter2'],
    ['a separate short option', ['sshpass', '-p', 'hunter2', 'ssh', 'host'], 'hunter2'],
    ['a shell command', ['sh', '-c', 'job --token hunter2 && PASSWORD="x hunter2" run'], 'hunter2'],
    ['what exec hands to a shell', ['/bin/sh', '-c', 'redis-cli -a hunter2 MONITOR | cat'], 'hunter2'],
    ['a joined option in a shell', ['/bin/sh', '-c', 'mysql -uroot -phunter2 shop; true'], 'hunter2'],
    ['a separate option in a shell', ['/bin/sh', '-c', 'mongosh -u a -p hunter2; true'], 'hunter2'],
    ['a quoted value in a shell', ['/bin/sh', '-c', `cd /x && mongosh -p 'a; hunter2' shop`], 'hunter2'],
    ['a quoted option in a shell', ['/bin/sh', '-c', `cat x | "/usr/bin/mysql" "-pa hunter2" shop`], 'hunter2'],
    ['a value with an escaped blank', ['/bin/sh', '-c', String.raw`redis-cli -a a\ hunter2 MONITOR`], 'hunter2'],
    ['a shell in a shell', ['/bin/sh', '-c', `ssh host "sh -c 'mysql -phunter2 shop'"`], 'hunter2'],
    ['a substitution', ['/bin/sh', '-c', 'echo "$(mysql -phunter2 -e x)"'], 'hunter2'],
    ['a shell command with an apostrophe', ['/bin/sh', '-c', String.raw`echo can\'t; mysql -phunter2 shop`], 'hunter2'],
    ['a script', ['bash', '-c', 'set -e\nmysqldump -phunter2 > dump.sql\n'], 'hunter2'],
    ['a program below sudo', ['sudo', '-u', 'mysql', 'mysqldump', '-phunter2'], 'hunter2'],
    ['a program below npx', ['npx', '-y', 'redis-cli@1', '-a', 'hunter2'], 'hunter2'],
    ['a program below env and nice', ['env', 'A=1', 'nice', '-n', '10', 'mysql', '-phunter2'], 'hunter2'],
    ['a program in a container', ['docker', 'exec', '-it', 'db', 'mongosh', '-p', 'hunter2'], 'hunter2'],
    ['a login to a registry', ['docker', 'login', '-u', 'ci', '-p', 'hunter2', 'r.test'], 'hunter2'],
    ['a login with helm', ['helm', 'registry', 'login', 'r.test', '-p', 'hunter2'], 'hunter2'],
    ['sqlcmd', ['sqlcmd', '-S', 'db', '-P', 'hunter2'], 'hunter2'],
    ['bcp', ['bcp', 'shop.orders', 'out', 'x', '-Phunter2'], 'hunter2'],
    ['zip', ['zip', '-r', '-P', 'hunter2', 'a.zip', 'a'], 'hunter2'],
    ['7z', ['7z', 'x', '-phunter2', 'a.7z'], 'hunter2'],
    ['a connection string with a blank', ['job', 'Server=db;User Id=sa;Password=hunter 2x;Encrypt=yes'], '2x'],
    ['a connection string that begins with it', ['sh', '-c', 'job "Password=hunter 2x;Server=db"'], '2x'],
    ['a connection string that ends with it', ['job', '--db=Server=db;Pwd=hunter 2x'], '2x'],
    ['a connection string with braces', ['job', 'Driver={X};PWD={a;hunter2};Server=db'], 'hunter2'],
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
    [['job', '--auth', 'basic', '--author=Ada', '--oauth', 'on', '--auth-server-allowlist=*.example.test']],
    [['job', '--path', '/a', '--pattern=b', '--key=value', '--pat-limit=3', 'pat=1']],
    [['sqlmap', '-u', 'http://example.test:8080/x', '--auth', 'http://login.example.test']],
    [['curl', '-uadmin', '-U', 'proxy', '-HAccept: text/html', '--header=User-Agent: a b']],
    [['docker', 'run', '-u1000:1000', 'nginx:1.25@sha256:0a1b2c']],
    [['docker', 'run', '--rm', 'nginx:1.25@sha256:0a1b2c', '--image=nginx:1.25@sha256:0a1b2c']],
    [['npm', 'i', '-D', 'npm:left-pad@next', 'pad@npm:left-pad@1.2.3', '--tag=npm:left-pad@next']],
    [['ssh', '-p', '22', 'git@example.test:a/b.git', '--at=12:30', '--to=mailto:me@example.test']],
    [['curl', 'https://example.test/?key=name&auth=basic#key=something-long']],
    [['node', '-e', "f('http://localhost:3000','me@x'); g('http://localhost:3000', 'me@x'); h('http://a.test:80'+'me@x')"]],
    [['node', '-e', "get('http://localhost/?page=7','me@x')", 'hvs.short']],
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
    [['docker', 'run', '--name', 'mongo', '-p', '27017:27017', 'mongo']],
    [['docker', 'run', '-p', '8080:80', 'nginx', 'login']],
    [['sh', '-c', 'docker run -d --name mysql -p3306:3306 mysql && mkdir -p data']],
    [['sh', '-c', 'mysql -uroot shop < dump.sql; cp -a a b; mkdir -p "c d"']],
    [['sh', '-c', `redis-cli ping | grep -a 'PO NG'`]],
    [['cp', '-a', 'redis-cli', '/tmp']],
    [['sudo', 'ssh', '-p', '22', 'host', 'ls', '-a']],
    [['sshpass', '-f', '/run/secret', 'ssh', 'host']],
    [['7z', 'a', '-p', 'a.7z']],
    [['openssl', 'req', '-key', 'a.pem']],
    [['git', 'log', '-p', '--', 'mysql']],
    [['sh', '-c', `echo "it's mine"; a=1; b=2`]],
    [['job', 'Server=db;User Id=sa;Encrypt=yes']],
  ])('leaves %j as it is', (argv) => {
    expect(redactArgv(argv)).toEqual(argv);
  });

  it('keeps the form of a shell command, and what stands around the secret', () => {
    const redact = (text: string): string | undefined => redactArgv(['sh', '-c', text])[2];
    expect(redact(`cd /x  &&  "mysql" -uroot -p'a b'  shop >out 2>&1; true`)).toBe(
      `cd /x  &&  "mysql" -uroot -p${REDACTED}  shop >out 2>&1; true`,
    );
    expect(redact(`ssh host "redis-cli -a x MONITOR" | cat -a`)).toBe(`ssh host "redis-cli -a ${REDACTED} MONITOR" | cat -a`);
    expect(redact('sshpass -p x ssh -p 22 host')).toBe(`sshpass -p ${REDACTED} ssh -p 22 host`);
    expect(redact('Server=db;Password=a b;Encrypt=yes')).toBe(`Server=db;Password=${REDACTED};Encrypt=yes`);
    expect(redact('cd x; PASSWORD=y run job; true')).toBe(`cd x; PASSWORD=${REDACTED} run job; true`);
  });

  it('keeps the user, the host and the header’s name', () => {
    expect(redactArgv(['curl', '-uadmin:x1', '-HX-Api-Key: y2', '--auth', 'me:z3'])).toEqual([
      'curl',
      `-uadmin:${REDACTED}`,
      `-HX-Api-Key: ${REDACTED}`,
      '--auth',
      `me:${REDACTED}`,
    ]);
    expect(redactArgv(['job', '--proxy-server=me:x1@proxy:8080'])).toEqual(['job', `--proxy-server=${REDACTED}@proxy:8080`]);
    expect(redactUrl("https://me:it's1@host/x?key=abcdefgh&q=it's")).toBe(`https://${REDACTED}@host/x?key=${REDACTED}&q=it's`);
    const label = `curl -H X-Api-Key: ${REDACTED} https://example.test`;
    expect(redactText(label)).toBe(label);
  });

  it('lets no secret through, whatever the program is started by', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9 ;|&$()<>#!*'"\\`]{1,12}[A-Z]{8}$/);
    const command = fc.constantFrom<(secret: string) => string[]>(
      (value) => ['mysql', '-uroot', `-p${value}`, 'shop'],
      (value) => ['redis-cli', '-h', 'db', '-a', value, 'MONITOR'],
      (value) => ['mongosh', '-u', 'a', '-p', value],
      (value) => ['docker', 'login', '-u', 'ci', '-p', value, 'r.test'],
      (value) => ['sqlcmd', '-S', 'db', '-P', value],
      (value) => ['zip', '-P', value, 'a.zip'],
      (value) => ['7z', `-p${value}`, 'a.7z'],
      (value) => ['sshpass', '-p', value, 'ssh', 'host'],
    );
    const launcher = fc.constantFrom(
      [],
      ['sudo', '-E'],
      ['npx', '-y'],
      ['env', 'A=1', 'nice'],
      ['docker', 'exec', '-it', 'db'],
      ['timeout', '5'],
    );
    const quote = fc.constantFrom<(word: string) => string>(
      (word) => (/^[\w./=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`),
      (word) => `"${word.replace(/[$"`\\]/g, '\\$&')}"`,
      (word) => word.replace(/[^\w./=-]/g, '\\$&'),
    );
    const around = fc.constantFrom<(line: string) => string>(
      (line) => line,
      (line) => `cd /x && ${line}; true`,
      (line) => `(${line}) | cat`,
      (line) => `echo a\n${line} > out &`,
    );
    fc.assert(
      fc.property(secret, command, launcher, quote, around, fc.boolean(), (value, build, before, quoted, put, inShell) => {
        const argv = [...before, ...build(value)];
        const shown = redactArgv(inShell ? ['/bin/sh', '-c', put(argv.map(quoted).join(' '))] : argv);
        expect(shown.join('\n')).not.toContain(value.slice(-8));
        expect(shown.map(redactText)).toEqual(shown);
      }),
      { numRuns: 500 },
    );
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
    'mysql -p',
    'mysql "',
    String.raw`mysql \"`,
    `mysql "'`,
    `mysql'x"`,
    'mysql;',
    ';a=',
    ';password=a',
    ';a="',
    ';a={',
    ' -H',
    '--header=',
    '-HX-Api-Key: ',
    'curl -u',
    '=a:',
    '=a:b@',
    ' -x a:',
    'a:@',
    "://a:'b",
    "?a='b",
    '_auth=',
    'hvs.',
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

describe('redactTitle', () => {
  it.each([
    ['opens https://bob:hunter2@example.com/x?token=hunter2&page=2', 'opens https://[redacted]@example.com/x?token=[redacted]&page=2'],
    ['GET /login?password=hunter2 is refused', 'GET /login?password=[redacted] is refused'],
    ['(postgres://app:hunter2@db/shop)', '(postgres://[redacted]@db/shop)'],
    [`is let in with ${JWT}`, 'is let in with [redacted]'],
    ['logs in {"user":"bob","password":"hunter2"}', 'logs in {"user":"bob","password":"[redacted]"}'],
    ['checkout/@scope/a.spec.ts with TOKEN=hunter2', 'checkout/@scope/a.spec.ts with TOKEN=[redacted]'],
  ])('takes the secrets out of %j', (title, expected) => {
    expect(redactTitle(title)).toBe(expected);
    expect(redactTitle(expected)).toBe(expected);
  });

  it.each([
    ['exports the orders'],
    ['Password: must have 8 characters'],
    ['Cookies: are accepted'],
    ['logs in when --password is given'],
    ['Basic authentication of v2.0/users'],
    ['GET https://example.com/api?page=2&sort=key'],
    ['@smoke › @team-a/checkout › 1 + 1 = 2'],
    ['packages/@scope/checkout/password-reset.spec.ts'],
    ['has a very-long-hyphenated-description of itself'],
  ])('leaves %j as it is', (title) => {
    expect(redactTitle(title)).toBe(title);
  });
});

describe('redactCode', () => {
  it.each([
    ["spawn('job', ['--password', 'hunter2']);", "spawn('job', ['--password', '[redacted]']);"],
    ["  env: { SECRET_KEY:'hunter2', PORT: '80' },", "  env: { SECRET_KEY:'[redacted]', PORT: '80' },"],
    ['const apiKey = "hunter2" + tail;', 'const apiKey = "[redacted]" + tail;'],
    ["page.fill('#password', `hun'ter2`)", "page.fill('#password', `[redacted]`)"],
    ["{ 'password': 'hun\\'ter2' }", "{ 'password': '[redacted]' }"],
    ["connect('postgres://app:hunter2@db')", "connect('postgres://[redacted]@db')"],
  ])('takes the secrets out of %s', (line, expected) => {
    expect(redactCode(line)).toBe(expected);
    expect(redactCode(expected)).toBe(expected);
  });

  it.each([
    ["  const descriptor = fs.openSync(file, 'r'); // leak: fd"],
    ["  const token = await login('bob');"],
    ['interface Login { password: string; token?: Token }'],
    ["import { token } from './token.ts';"],
    ["test('shows the password', async ({ page }) => {"],
    ["expect(token).toBe('abc')"],
  ])('leaves %s as it is', (line) => {
    expect(redactCode(line)).toBe(line);
  });
});
