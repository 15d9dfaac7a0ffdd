import { describe, expect, it } from 'vitest';
import { jsonProblem } from '../../../src/core/jsonProblem.ts';

describe('what is wrong with JSON', () => {
  it.each([
    ['', 'it is empty'],
    [' \n', 'it is empty'],
    ['leaks', 'it is no JSON'],
    ['{"a":1', 'it is cut off: the end of the JSON is missing'],
    ['{"a": 1,\n"b": 2\n', 'it is cut off: the end of the JSON is missing'],
    ['["a", "b', 'it is cut off: the end of the JSON is missing'],
    ['{"a":1,}', 'line 1 is not JSON ({"a":1,})'],
    ['{\n"a":tru\n}', 'line 2 is not JSON ("a":tru)'],
    ['{\n"a": 1\n"b": 2\n}', 'line 3 is not JSON ("b": 2)'],
    ['{\r\n"a":1,\r\n"b":2,,\r\n}', 'line 3 is not JSON ("b":2,,)'],
    ['{"a":1}\n{', 'line 2 is not JSON ({)'],
    ['{\n\u001b[2J\u202e: 1}', 'line 2 is not JSON (?[2J?: 1})'],
    ['{\n<<<<<<< HEAD\n"a":1\n=======\n"a":2\n>>>>>>> theirs\n}', 'line 2 has a merge-conflict marker (<<<<<<< HEAD)'],
    ['{\n"a":1,\n=======\n"b":2}', 'line 3 has a merge-conflict marker (=======)'],
  ])('%j: %s', (source, problem) => {
    expect(jsonProblem(source)).toBe(problem);
  });

  it('is found among a hundred thousand lines', () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `"k${index}": ${index},`);
    lines[70_123] = '"k": oops,';
    expect(jsonProblem(`{\n${lines.join('\n')}\n"z": 0\n}`)).toBe('line 70125 is not JSON ("k": oops,)');
  });
});
