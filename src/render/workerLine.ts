import type { Course, ReportWorker } from '../core/report.ts';
import { sparkline } from './sparkline.ts';

const BARS = 10;
const MEGABYTE = 1_000_000;

/** One worker's courses on one line, `null` when nothing was measured in it. Bars are left out where the line would not fit. */
export function workerLine(worker: ReportWorker, columns: number): string | null {
  const { fds, processes, handles, heapBytes } = worker.courses;
  const parts = [part('fds', fds), part('processes', processes), part('handles', handles), part('heap', heapBytes, MEGABYTE, ' MB')];
  const shown = parts.filter((text) => text !== null);
  if (shown.length === 0) return null;
  const name = `worker ${String(worker.workerIndex)}   `;
  const whole = name + shown.map(({ text, bars }) => (bars === '' ? text : `${text} ${bars}`)).join('   ');
  return whole.length <= columns ? whole : name + shown.map(({ text }) => text).join('   ');
}

function part(name: string, course: Course | undefined, unit = 1, suffix = ''): { text: string; bars: string } | null {
  if (course === undefined) return null;
  const first = Math.round(course.first / unit);
  const last = Math.round(course.last / unit);
  const samples = course.samples.map((value) => Math.round(value / unit));
  return { text: `${name} ${String(first)} → ${String(last)}${suffix}`, bars: sparkline(samples, BARS) };
}
