import { createReadStream } from 'node:fs';
import type { ClassGrowth } from '../core/pageGrowth.ts';

/** Classes that are told, the largest ones. */
const MAX_CLASSES = 8;

/** Steps of a retainer path. Beyond that it runs through the browser's own structures. */
const MAX_RETAINERS = 8;

const MAX_NAME = 80;

/**
 * The classes of which the second of two heap snapshots has more objects than the first, largest growth first, each with what keeps one
 * of the newcomers. Parsed by Chrome DevTools' own code; takes about 60 ms and 4 MB for each megabyte of a snapshot.
 *
 * @throws Error when a file is no heap snapshot.
 */
export async function grownClasses(beforeFile: string, afterFile: string): Promise<ClassGrowth[]> {
  // Loaded when it is needed: hardly any run needs it, and it is large.
  const toolkit = (await import('heap-snapshot-toolkit')) as unknown as Toolkit;
  const before = await toolkit.parse(createReadStream(beforeFile, 'utf8'));
  const after = await toolkit.parse(createReadStream(afterFile, 'utf8'));
  const differences = Object.values(await toolkit.diff(before, after)).filter(({ countDelta }) => countDelta > 0);
  const named = differences.filter(({ name }) => !isInternal(name));
  return (named.length > 0 ? named : differences)
    .sort((a, b) => b.sizeDelta - a.sizeDelta)
    .slice(0, MAX_CLASSES)
    .map(({ name, countDelta, sizeDelta, addedIndexes }) => ({
      name: shorten(name),
      count: countDelta,
      bytes: sizeDelta,
      // One from the middle: the first newcomers may be something the page needs once.
      retainers: retainersOf(after, addedIndexes[Math.floor(addedIndexes.length / 2)]),
    }));
}

/** What is used of the package; its own declarations are those of Chrome DevTools as a whole. */
interface Toolkit {
  parse(stream: NodeJS.ReadableStream): Promise<Snapshot>;
  diff(before: Snapshot, after: Snapshot): Promise<Readonly<Record<string, Difference>>>;
}

interface Difference {
  readonly name: string;
  readonly countDelta: number;
  readonly sizeDelta: number;
  readonly addedIndexes: readonly number[];
}

interface Snapshot {
  createNode(index: number): SnapshotNode;
}

interface SnapshotNode {
  readonly nodeIndex: number;
  name(): string;
  type(): string;
  /** Edges from the root, at the least. */
  distance(): number;
  retainers(): { hasNext(): boolean; next(): void; item(): RetainerEdge };
}

interface RetainerEdge {
  name(): string;
  type(): string;
  node(): SnapshotNode;
}

/** `(array)`, `system / Context`: what V8 makes for itself on behalf of the page's objects. */
function isInternal(name: string): boolean {
  return name.startsWith('(') || name.startsWith('system / ') || name === '';
}

/** The shortest way towards the root, nearest first, without weak references; ends where V8's own structures begin. */
function retainersOf(snapshot: Snapshot, index: number | undefined): string[] {
  const path: string[] = [];
  let node = index === undefined ? undefined : snapshot.createNode(index);
  while (node !== undefined && path.length < MAX_RETAINERS) {
    const nearest = nearestRetainer(node);
    if (nearest === undefined || nearest.index === node.nodeIndex || nearest.distance >= node.distance()) break;
    if (nearest.type === 'synthetic' || nearest.owner.startsWith('system / NativeContext') || nearest.edge.startsWith('hidden')) break;
    path.push(`${nearest.edge} of ${nearest.owner}`);
    // An element of the document needs no one to keep it.
    if (nearest.owner.startsWith('<')) break;
    node = snapshot.createNode(nearest.index);
  }
  return path;
}

interface Retainer {
  readonly index: number;
  readonly distance: number;
  readonly type: string;
  readonly edge: string;
  readonly owner: string;
}

function nearestRetainer(node: SnapshotNode): Retainer | undefined {
  let nearest: Retainer | undefined;
  const iterator = node.retainers();
  while (iterator.hasNext()) {
    // One object for all edges: what is needed of it is taken before it moves on.
    const edge = iterator.item();
    const distance = edge.type() === 'weak' ? Number.POSITIVE_INFINITY : edge.node().distance();
    if (distance < (nearest?.distance ?? Number.POSITIVE_INFINITY)) nearest = describeEdge(edge, distance);
    iterator.next();
  }
  return nearest;
}

function describeEdge(edge: RetainerEdge, distance: number): Retainer {
  const owner = edge.node();
  return { index: owner.nodeIndex, distance, type: owner.type(), edge: edgeName(edge), owner: ownerName(owner) };
}

function edgeName(edge: RetainerEdge): string {
  const name = shorten(edge.name());
  switch (edge.type()) {
    case 'element':
      return `[${name}]`;
    case 'hidden':
      return `hidden ${name}`;
    default:
      return name;
  }
}

/** A string's name is its content. */
function ownerName(node: SnapshotNode): string {
  if (node.type().includes('string')) return '(string)';
  return node.name().startsWith('system / Context') ? 'a closure’s scope' : shorten(node.name());
}

/** Without the arguments of C++ templates, and not endless. */
function shorten(name: string): string {
  const plain = name.startsWith('blink::') ? name.replace(/<.*$/, '') : name;
  return plain.length > MAX_NAME ? `${plain.slice(0, MAX_NAME)}…` : plain;
}
