import type { LeakReport } from './report.ts';

/**
 * A report as the text of `report.json`, piece by piece: that of a hundred thousand tests is longer than anybody wants to hold at once.
 * Together the pieces are `JSON.stringify(report, null, 2)` and a line end.
 */
export function reportText(report: LeakReport): Iterable<string> {
  return { [Symbol.iterator]: () => pieces(report) };
}

function* pieces(report: LeakReport): Generator<string> {
  let opening = '{';
  for (const [name, value] of Object.entries(report) as [string, unknown][]) {
    yield `${opening}\n  ${JSON.stringify(name)}: `;
    opening = ',';
    if (Array.isArray(value) && value.length > 0) yield* listText(value);
    else yield indented(value, '  ');
  }
  yield '\n}\n';
}

function* listText(items: readonly unknown[]): Generator<string> {
  let opening = '[';
  for (const item of items) {
    yield `${opening}\n    ${indented(item, '    ')}`;
    opening = ',';
  }
  yield '\n  ]';
}

function indented(value: unknown, by: string): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${by}`);
}
