import { createHash } from 'node:crypto';
import type { AllowRule } from './options.ts';
import { redactText } from './redact.ts';
import { capital } from './wording.ts';

/** An allow rule, or whatever else may turn out to be of no use, as people recognize it. */
export interface RuleText {
  /** 8 hexadecimal digits, the same in every worker. */
  readonly key: string;
  readonly text: string;
}

/** Which rules applied to a test and which of them were of use, as it travels with the test's record. */
export interface RuleUse {
  /** Names the rules that applied. */
  readonly set: string;
  /** Keys of those that were of use. */
  readonly used: readonly string[];
  /** What the set consists of: only in the first record of a worker that has it. */
  readonly rules?: readonly RuleText[];
}

/** Beyond that many, rules are not followed. */
const MAX_RULES = 100;
const MAX_TEXT = 200;

/** `the allow rule for /tmp/my.lock (fd, held by the lock server, of shop)`. */
export function ruleText({ kind, match, reason, owner, expires }: AllowRule): RuleText {
  const about = [...(kind === undefined ? [] : [kind]), reason, ...(owner === undefined ? [] : [`of ${owner}`])].join(', ');
  const text = `the allow rule for ${String(match)} (${about})`;
  return { key: hash([kind ?? null, String(match), reason, owner ?? null, expires ?? null]), text: shorten(text) };
}

/** Something else than a rule that may turn out to be of no use. */
export function namedText(text: string): RuleText {
  return { key: hash([text]), text: shorten(text) };
}

/**
 * What a record says of its rules; `undefined` without any.
 *
 * @param told Sets that records of this worker have spelled out already; the new one is added.
 */
export function ruleUse(rules: readonly RuleText[], used: ReadonlySet<string>, told: Set<string>): RuleUse | undefined {
  const followed = [...new Map(rules.map((rule) => [rule.key, rule])).values()].slice(0, MAX_RULES);
  if (followed.length === 0) return undefined;
  const set = hash(followed.map(({ key }) => key));
  const isNew = !told.has(set);
  told.add(set);
  return { set, used: followed.filter(({ key }) => used.has(key)).map(({ key }) => key), ...(isNew ? { rules: followed } : {}) };
}

/** What many records say together. */
export function joinUses(uses: Iterable<RuleUse>): Required<RuleUse> {
  const rules = new Map<string, RuleText>();
  const used = new Set<string>();
  for (const use of uses) {
    for (const rule of use.rules ?? []) rules.set(rule.key, rule);
    for (const key of use.used) used.add(key);
  }
  return { set: '', used: [...used], rules: [...rules.values()] };
}

/** Rules that applied somewhere and were of use nowhere. */
export function unusedRules(uses: Iterable<RuleUse>): RuleText[] {
  const { rules, used } = joinUses(uses);
  const useful = new Set(used);
  return rules.filter(({ key }) => !useful.has(key));
}

const MAX_NAMED = 5;

/** One sentence for each rule that is of no use; the last one counts those that are not named. */
export function describeUnused(unused: readonly RuleText[]): string[] {
  const sentences = unused.slice(0, MAX_NAMED).map(({ text }) => {
    return `${capital(text)} matched nothing in this run: take it out, unless another machine needs it.`;
  });
  const more = unused.length - MAX_NAMED;
  return more > 0 ? [...sentences, `${String(more)} more allow rules or overrides matched nothing in this run.`] : sentences;
}

function hash(parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
}

function shorten(text: string): string {
  const shown = redactText(text);
  return shown.length > MAX_TEXT ? `${shown.slice(0, MAX_TEXT - 1)}…` : shown;
}
