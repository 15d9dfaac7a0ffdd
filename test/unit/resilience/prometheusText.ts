/** One line of a Prometheus answer. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Inf|NaN)$/;
const SUFFIX = /_(?:bucket|sum|count)$/;

/**
 * Reads the Prometheus text format 0.0.4, and throws where it is broken: the rules of the format, and those of `promtool check metrics`
 * that are about names.
 */
export function parsePrometheus(text: string): ParsedSample[] {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const seen = new Set<string>();
  const samples: ParsedSample[] = [];
  for (const line of text.split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (helps.has(name)) throw new Error(`${name} has two HELP lines`);
      if (rest === '') throw new Error(`${name} has no help`);
      helps.add(name);
    } else if (keyword === 'TYPE') {
      if (types.has(name)) throw new Error(`${name} has two TYPE lines`);
      if (!/^(?:counter|gauge|histogram|summary|untyped)$/.test(rest)) throw new Error(`${name} has the type ${rest}`);
      if ((rest === 'counter') !== name.endsWith('_total')) throw new Error(`only counters end in _total, and all of them: ${name}`);
      types.set(name, rest);
    } else if (line !== '' && !line.startsWith('#')) {
      const sample = parseSample(line);
      const base = types.has(sample.name) ? sample.name : sample.name.replace(SUFFIX, '');
      if (!types.has(base) || !helps.has(base)) throw new Error(`${sample.name} comes without HELP or TYPE`);
      const series = line.slice(0, line.lastIndexOf(' '));
      if (seen.has(series)) throw new Error(`twice the same series: ${series}`);
      seen.add(series);
      samples.push(sample);
    }
  }
  checkHistograms(samples, types);
  return samples;
}

function parseSample(line: string): ParsedSample {
  const [, name, labelText = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (name === undefined || !VALUE.test(value)) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < labelText.length) {
    const [, label = '', labelValue = ''] = LABEL.exec(labelText) ?? [];
    if (label === '' || label in labels) throw new Error(`bad labels: ${line}`);
    labels[label] = labelValue;
  }
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

/** Buckets must not fall, must end with +Inf, and the last must be the count. */
function checkHistograms(samples: readonly ParsedSample[], types: ReadonlyMap<string, string>): void {
  const groups = new Map<string, number[]>();
  for (const { name, labels, value } of samples) {
    if (types.get(name.replace(SUFFIX, '')) !== 'histogram' || !/_(?:bucket|count)$/.test(name)) continue;
    const { le, ...rest } = labels;
    const key = `${name.replace(SUFFIX, '')} ${JSON.stringify(rest)}`;
    const values = groups.get(key) ?? [];
    groups.set(key, [...values, value]);
    if (value < (values.at(-1) ?? 0)) throw new Error(`buckets fall: ${name} le=${le ?? ''}`);
    if (name.endsWith('_count') && value !== values.at(-1)) throw new Error(`the last bucket is not the count: ${key}`);
  }
}
