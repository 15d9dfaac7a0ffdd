import { parseBaseline, type NamedBaseline } from './baseline.ts';
import { formatBaseline } from './baselineText.ts';
import { joinParts, type RunFacts } from './buildReport.ts';
import { parseBudgets, toBudgets, type Limits } from './budgets.ts';
import { finite, isFields, parseJson, text } from './findingCodec.ts';
import { FAIL_ON, type FailOn } from './gate.ts';
import { reportFrom } from './parseReport.ts';
import { decodeRules, decodeSelection } from './recordCodec.ts';
import type { LeakReport } from './report.ts';
import { joinUses, type RuleUse } from './ruleUse.ts';
import type { Selection } from './runCoverage.ts';
import type { RunPart } from './runPart.ts';
import { TextPool } from './textPool.ts';

/** Which shard of how many, as in `--shard=2/3`. */
export interface ShardPlace {
  readonly current: number;
  readonly total: number;
}

/** What a blob says of the run it comes from, in Playwright's own data, so that the run's leak data can be told from any other's. */
export interface ShardMark {
  /** Identifier of the run; names the file with its leak data. */
  readonly run: string;
  /** `null`: the run was not sharded. */
  readonly shard: ShardPlace | null;
  /** What else was chosen on the command line, such as a project: shards of one run have it in common. */
  readonly group: string;
}

/** What a shard's own reporter knows beyond what Playwright's blob holds. */
export interface ShardData {
  /** What its options said; the merge goes by it unless it is told otherwise. */
  readonly settings: ShardSettings;
  /** Which tests it was asked for; `undefined`: not known. */
  readonly selection: Selection | undefined;
  /** Which allow rules applied, and which of them matched something. */
  readonly rules: Required<RuleUse>;
  /** As the shard's reporter judged it, before any baseline. */
  readonly report: LeakReport;
}

export interface ShardSettings {
  readonly failOn: FailOn;
  /** Nobody asked for `failOn`: it is what its baseline, or having none, makes of it. */
  readonly failOnByDefault?: true;
  /** `null`: there was none. */
  readonly baseline: NamedBaseline | null;
  readonly budgets: Limits;
}

/** What one run or shard sends along: judged as if it were all there is, but without what only the whole can say. */
export function shardData(
  part: RunPart,
  facts: RunFacts & Pick<ShardSettings, 'failOnByDefault'>,
  selection: Selection | undefined,
): ShardData {
  const { failOn, failOnByDefault, baseline, budgets } = facts;
  const report = { ...joinParts([part], { ...facts, baseline: null }), notes: [...facts.notes, ...part.notes] };
  const settings = { failOn, ...(failOnByDefault === true ? { failOnByDefault } : {}), baseline, budgets };
  return { settings, selection, rules: joinUses([part.rules]), report };
}

/** Keys of Playwright's `config.metadata` that are marks begin so. */
const MARK_KEY = 'leak-run-';
const FORMAT = 1;

/** Under which key of `config.metadata` the mark stands. Marks of different runs must not overwrite each other when they are merged. */
export function markKey(run: string): string {
  return `${MARK_KEY}${run}`;
}

/** Name of a run's leak data within Playwright's blob, whose `resources` are unpacked when blobs are merged. */
export function shardEntry(run: string): string {
  return `resources/leak-${run}.json`;
}

/** The marks in metadata, by key. What is no mark is left out. */
export function readMarks(metadata: unknown): Map<string, ShardMark> {
  const marks = new Map<string, ShardMark>();
  for (const [key, value] of Object.entries(isFields(metadata) ? metadata : {})) {
    const run = key.startsWith(MARK_KEY) ? key.slice(MARK_KEY.length) : '';
    // It becomes part of a file's name.
    if (!/^[0-9a-f-]{36}$/.test(run) || !isFields(value)) continue;
    marks.set(key, { run, shard: readPlace(value['shard']), group: text(value['group']) });
  }
  return marks;
}

function readPlace(value: unknown): ShardPlace | null {
  if (!isFields(value)) return null;
  const [current, total] = [finite(value['current']), finite(value['total'])];
  return current === null || total === null || current < 1 || current > total ? null : { current, total };
}

export function encodeShard({ settings, selection, rules, report }: ShardData): string {
  const { baseline, budgets } = settings;
  const known = baseline === null ? null : { name: baseline.name, text: formatBaseline(baseline) };
  const plain = { ...settings, baseline: known, budgets: toBudgets(budgets) };
  return JSON.stringify({ format: FORMAT, settings: plain, selection, rules, report });
}

/** Leak data that cannot be read. The message is half a sentence that says why, and what to do. */
export class ShardFormatError extends Error {
  override readonly name = 'ShardFormatError';
}

/**
 * @param pool what shards have in common is kept once
 * @throws ShardFormatError for data that is damaged, or of a newer release
 */
export function decodeShard(source: string, pool = new TextPool()): ShardData {
  const value = parseJson(source);
  if (value === undefined || !isFields(value)) throw new ShardFormatError('its leak data is damaged: run the shard again');
  const { format, settings } = value;
  if (typeof format === 'number' && format > FORMAT)
    throw new ShardFormatError(newer(`format ${String(format)}`, `format ${String(FORMAT)}`));
  if (format !== FORMAT || !isFields(settings)) throw new ShardFormatError('its leak data is damaged: run the shard again');
  try {
    const report = reportFrom(value['report']);
    return {
      settings: {
        failOn: FAIL_ON.find((choice) => choice === settings['failOn']) ?? 'leak',
        ...(settings['failOnByDefault'] === true ? { failOnByDefault: true } : {}),
        baseline: readBaseline(settings['baseline']),
        budgets: parseBudgets(settings['budgets'], 'budgets'),
      },
      selection: isFields(value['selection']) ? decodeSelection(value['selection']) : undefined,
      rules: joinUses(Object.values(decodeRules(value['rules']))),
      report: { ...report, tests: report.tests.map((test) => pool.test(test)) },
    };
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    // Of reports, baselines and budgets alike.
    throw new ShardFormatError(`its leak data cannot be read (${cause.message})`, { cause });
  }
}

function readBaseline(value: unknown): NamedBaseline | null {
  return isFields(value) ? { name: text(value['name']), ...parseBaseline(text(value['text'])) } : null;
}

function newer(theirs: string, ours: string): string {
  return `its leak data was written by a newer release of leak (${theirs}; this one reads ${ours}): use the same release in the shards and here`;
}
