import { existsSync, readFileSync } from 'node:fs';
import { firstLineOf } from '../core/messageOf.ts';
import { createBrowserProbe } from '../probes/browser.ts';
import { NO_OPENINGS } from '../probes/openings.ts';
import { createFdProbe } from '../probes/fds.ts';
import { createHandleProbe } from '../probes/handles.ts';
import { createHeapProbe } from '../probes/heap.ts';
import { createObjectProbe } from '../probes/objects.ts';
import { createProcessProbe } from '../probes/processes.ts';
import type { Probe } from '../probes/probe.ts';
import { broken, fine, note, type Diagnosis } from './diagnosis.ts';
import type { OwnPackage } from '../assets/ownPackage.ts';
import { loadPlaywright } from './playwrightModule.ts';
import { inRange } from './versions.ts';

/** Below this many descriptors a worker with a few browsers and a leak runs dry before the leak is told. */
const FEW_DESCRIPTORS = 1024;

export function nodeDiagnosis(own: OwnPackage, version: string = process.versions.node): Diagnosis {
  if (inRange(version, own.node)) return fine('Node', `${version} (leak needs ${own.node})`);
  return broken('Node', `${version} is outside of ${own.node}`, `install Node ${own.node.replace('>=', '')} or newer`);
}

/** Which detectors run here. A detector that cannot run breaks nothing: reports name it as unavailable. */
export function detectorDiagnoses(folder: string): Diagnosis[] {
  const heap = createHeapProbe();
  const collect = heap.availability().available ? () => heap.collect() : undefined;
  const playwright = loadPlaywright(folder);
  const probes: Probe[] = [
    createFdProbe(),
    createProcessProbe({ openings: NO_OPENINGS, marks: {} }),
    createHandleProbe(),
    heap,
    createObjectProbe(collect),
    createBrowserProbe(playwright instanceof Error ? {} : { playwright }),
  ];
  return probes.map((probe) => {
    const availability = probe.availability();
    if (availability.available) return fine('detector', `${probe.name} runs here`);
    const remedy = 'its leaks are not found on this machine; run on Linux for all of them';
    return note('detector', `${probe.name} does not run here: ${availability.reason}`, remedy);
  });
}

/**
 * How many files a process may have open.
 *
 * @param limits text of /proc/self/limits
 */
export function descriptorDiagnosis(limits: string | undefined = readText('/proc/self/limits')): Diagnosis {
  const [, soft, hard] = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(limits ?? '') ?? [];
  if (soft === undefined || hard === undefined) return fine('fd limit', 'not known here: /proc/self/limits cannot be read');
  const detail = `${soft} open files (hard limit ${hard})`;
  if (soft === 'unlimited' || Number(soft) >= FEW_DESCRIPTORS) return fine('fd limit', detail);
  return note('fd limit', `only ${detail}`, `raise it before the run: ulimit -n ${hard === 'unlimited' ? String(FEW_DESCRIPTORS) : hard}`);
}

/** Whether the Chromium of the project's own Playwright is installed. A suite may use another browser, so its absence breaks nothing. */
export function chromiumDiagnosis(folder: string): Diagnosis {
  const playwright = loadPlaywright(folder);
  if (playwright instanceof Error) return note('Chromium', `not known: ${firstLineOf(playwright)}`, 'npm i -D @playwright/test');
  const file = playwright.chromium.executablePath();
  if (existsSync(file)) return fine('Chromium', file);
  const remedy = 'npx playwright install chromium, or set launchOptions.executablePath';
  return note('Chromium', `Playwright's own is not installed (${file})`, remedy);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
