/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Short options of a program that take a secret. Long ones say so by their name. */
interface SecretOptions {
  readonly options: readonly string[];
  /** `-psecret`, `-p secret`, or either. */
  readonly form: 'joined' | 'next' | 'either';
  /** They count from this word on: `docker login -p` takes a password, `docker run -p` a port. */
  readonly command?: string;
  /** The value is `user:secret`; without a colon it holds no secret. */
  readonly pair?: boolean;
  /** The options end where another command line begins: `sshpass -p secret ssh -p 22`. */
  readonly once?: boolean;
}

const GROUPS: readonly (readonly [names: string, options: SecretOptions])[] = [
  ['sshpass', { options: ['-p'], form: 'either', once: true }],
  [
    'mysql mysqldump mysqladmin mysqlimport mysqlshow mysqlcheck mysqlpump mysqlsh mysqlslap mariadb mariadb-dump mariadb-admin mariadb-import mariadb-check',
    { options: ['-p'], form: 'joined' },
  ],
  ['mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop', { options: ['-p'], form: 'either' }],
  ['redis-cli valkey-cli keydb-cli', { options: ['-a'], form: 'either' }],
  ['ldapsearch ldapadd ldapmodify ldapdelete ldapcompare ldapwhoami ldappasswd', { options: ['-w'], form: 'either' }],
  ['smbclient rpcclient', { options: ['-U'], form: 'either' }],
  ['sqlcmd bcp osql mosquitto_pub mosquitto_sub mosquitto_rr ipmitool', { options: ['-P'], form: 'either' }],
  ['cqlsh rdesktop rabbitmqadmin', { options: ['-p'], form: 'either' }],
  ['zip zipcloak unzip', { options: ['-P'], form: 'either' }],
  ['7z 7za 7zr 7zz', { options: ['-p'], form: 'joined' }],
  ['rar unrar', { options: ['-p', '-hp'], form: 'joined' }],
  ['curl', { options: ['-u', '-U'], form: 'joined', pair: true }],
  ['openssl', { options: ['-k', '-K'], form: 'next' }],
  ['docker podman nerdctl buildah skopeo helm oras crane cosign oc az cf ibmcloud', { options: ['-p'], form: 'either', command: 'login' }],
];

const PROGRAMS: ReadonlyMap<string, SecretOptions> = new Map(
  GROUPS.flatMap(([names, options]) => names.split(' ').map((name) => [name, options])),
);

/** A fast answer for the texts without any of them: nearly all. */
const MENTIONS_PROGRAM = new RegExp(`(?<![\\w-])(?:${[...PROGRAMS.keys()].join('|')})(?![\\w-])`);

/** Words of a container tool after which `login` is some program's argument. */
const CONTAINER_COMMANDS = /^(?:run|exec|create|compose|build|stack|service|kube)$/;

/** After these comes a name that somebody gave, of a container as a rule, and no program: `docker run --name mongo -p 80:80`. */
const NAMING_OPTIONS = /^(?:--name|--hostname|--network|--network-alias|--net|--link|--host|--user|-h|-u|-g)$/;

/** How deep quotes may stand in quotes. */
const MAX_DEPTH = 4;

/**
 * The words of a command line without the values of short options that are known to take a secret, of whatever program in it:
 * `sudo`, `npx`, `env` and the like are followed by another.
 */
export function redactWords(words: readonly string[]): string[] {
  const active = new Set<SecretOptions>();
  const waiting = new Set<SecretOptions>();
  let isSecret = false;
  let previous = '';
  return words.map((word) => {
    const before = previous;
    previous = word;
    if (isSecret) {
      isSecret = false;
      return REDACTED;
    }
    for (const known of active) {
      const option = known.options.find((candidate) => word.startsWith(candidate));
      if (option === undefined || (word === option ? known.form === 'joined' : known.form === 'next')) continue;
      const start = known.pair === true ? word.indexOf(':') + 1 : option.length;
      if (start === 0) continue;
      isSecret = word === option;
      if (known.once === true) active.delete(known);
      return isSecret ? word : `${word.slice(0, start)}${REDACTED}`;
    }
    if (CONTAINER_COMMANDS.test(word)) waiting.clear();
    for (const known of waiting) if (known.command === word) active.add(known);
    const known = NAMING_OPTIONS.test(before) ? undefined : PROGRAMS.get(programName(word));
    if (known !== undefined) (known.command === undefined ? active : waiting).add(known);
    return word;
  });
}

/** The same for what a shell would read, also in quotes; all but the secrets keeps its form. */
export function redactCommands(text: string, depth = 0): string {
  if (depth === MAX_DEPTH || !MENTIONS_PROGRAM.test(text)) return text;
  return commandsOf(text)
    .map((pieces) => {
      const words = pieces.filter(isWord);
      const plain = words.map(unquoted);
      const redacted = redactWords(plain);
      let index = -1;
      return pieces
        .map((piece) => {
          if (!isWord(piece)) return piece;
          index += 1;
          const word = redacted[index];
          if (word !== undefined && word !== plain[index]) return word;
          return piece.replace(/\\[^]|"((?:[^"\\]|\\[^])*)"|'([^']*)'/g, (quoted: string, double?: string, single?: string) => {
            const mark = quoted.charAt(0);
            if (mark === '\\') return quoted;
            return `${mark}${redactCommands(double ?? single ?? '', depth + 1)}${mark}`;
          });
        })
        .join('');
    })
    .join('');
}

/**
 * Words, and what stands between them, command by command. A quote without its counterpart is an apostrophe. The last alternatives take
 * any character, so that nothing is lost.
 */
function commandsOf(text: string): string[][] {
  const commands: string[][] = [[]];
  const lastQuote = { "'": text.lastIndexOf("'"), '"': text.lastIndexOf('"') };
  let position = 0;
  while (position < text.length) {
    const start = position;
    SPACE.lastIndex = position;
    if (SPACE.test(text)) position = SPACE.lastIndex;
    else if (SEPARATOR.test(text.charAt(position))) position += 1;
    else position = endOfWord(text, position, lastQuote);
    const piece = text.slice(start, position);
    commands.at(-1)?.push(piece);
    if (SEPARATOR.test(piece)) commands.push([]);
  }
  return commands;
}

const SPACE = /[ \t\r<>]+/y;
const SEPARATOR = /^[;|&()`\n]$/;
const PLAIN = /[^ \t\r<>;|&()`\n"'\\]+|\\[^]|\\$/y;
const QUOTED = { '"': /"(?:[^"\\]|\\[^])*"/y, "'": /'[^']*'/y };

function endOfWord(text: string, start: number, lastQuote: Record<'"' | "'", number>): number {
  let position = start;
  for (;;) {
    PLAIN.lastIndex = position;
    if (PLAIN.test(text)) {
      position = PLAIN.lastIndex;
      continue;
    }
    const quote = text.charAt(position);
    if (quote !== '"' && quote !== "'") return position;
    const quoted = QUOTED[quote];
    quoted.lastIndex = position;
    if (position < lastQuote[quote] && quoted.test(text)) position = quoted.lastIndex;
    else {
      // No counterpart now means none later: looked for once.
      lastQuote[quote] = -1;
      position += 1;
    }
  }
}

function isWord(piece: string): boolean {
  return !/^[ \t\r<>]/.test(piece) && !SEPARATOR.test(piece);
}

function unquoted(word: string): string {
  return word.replace(/\\([^])/g, '$1').replace(/["']/g, '');
}

/** `/usr/bin/mysql`, `mysql.exe` and `mysql@8`, which npx takes, are `mysql`. */
function programName(word: string): string {
  if (word.length > 1024 || /\s/.test(word)) return '';
  const base = word.slice(Math.max(word.lastIndexOf('/'), word.lastIndexOf('\\')) + 1);
  return base.replace(/(?:\.exe|@.*)$/i, '');
}
