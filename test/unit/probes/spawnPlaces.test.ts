import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/core/stack.ts';
import { SPAWN_VARIABLE, SpawnPlaces } from '../../../src/probes/spawnPlaces.ts';

const at = (line: number): Frame[] => [{ file: '/suite/a.spec.ts', line, column: 1, function: null }];
const environment = (value: string): string => `\0PATH=/bin\0${SPAWN_VARIABLE}=${value}\0HOME=/\0`;

describe('the places that start processes', () => {
  it('are found by the name in an environment, and only by the recorder that gave it', () => {
    const places = new SpawnPlaces();
    const name = places.mark(at(3));
    expect(places.find(environment(name))).toEqual({ stack: at(3) });
    expect(new SpawnPlaces().find(environment(name))).toBeUndefined();
    expect(places.find(environment(`${name}0`))).toBeUndefined();
    expect(places.find(`\0OTHER_${SPAWN_VARIABLE}=${name}\0`)).toBeUndefined();
    expect(places.find('\0\0')).toBeUndefined();
  });

  it('stand behind those of the runs around, each found by its own recorder', () => {
    const [outer, inner] = [new SpawnPlaces(), new SpawnPlaces()];
    const value = inner.mark(at(2), outer.mark(at(1)));
    expect([outer, inner].map((places) => places.find(environment(value)))).toEqual([{ stack: at(1) }, { stack: at(2) }]);
  });

  it('are forgotten beyond a thousand, those used longest ago first', () => {
    const places = new SpawnPlaces();
    const names = Array.from({ length: 1024 }, (_, line) => places.mark(at(line)));
    expect(places.mark(at(0))).toBe(names[0]);
    places.mark(at(5000));
    const found = [0, 1, 2].map((index) => places.find(environment(names[index] ?? '')));
    expect(found).toEqual([{ stack: at(0) }, undefined, { stack: at(2) }]);
    places.clear();
    expect(places.find(environment(names[2] ?? ''))).toBeUndefined();
  });
});
