import type { MetricKind } from '../core/metric.ts';
import { layOutChart, type ChartBox, type ChartPoint } from '../render/chartGeometry.ts';
import { formatValue } from './amounts.ts';
import { useMemo, useState } from './preact.ts';

/** Charts with axes, and small ones that only show the course. */
const BOXES: Readonly<Record<'axes' | 'small', ChartBox>> = {
  axes: { width: 420, height: 150, left: 58, right: 10, top: 10, bottom: 24 },
  small: { width: 260, height: 64, left: 2, right: 2, top: 6, bottom: 4 },
};

/**
 * A course as an SVG chart. Pointing at it tells the value there; to those who cannot see it, it is one picture with a sentence.
 */
export function Chart({
  name,
  points,
  kind,
  size,
  marks = [],
  note,
  tell,
  onPick,
}: {
  readonly name: string;
  readonly points: readonly ChartPoint[];
  readonly kind: MetricKind;
  readonly size: 'axes' | 'small';
  /** Values of x at which something was found. */
  readonly marks?: readonly number[];
  /** What else is said of the whole course. */
  readonly note?: string;
  /** What a point is called: `test 17 · exports the orders`. */
  readonly tell: (point: ChartPoint) => string;
  readonly onPick?: (point: ChartPoint) => void;
}) {
  const box = BOXES[size];
  const chart = useMemo(() => layOutChart(points, box, kind), [points, kind, size]);
  const [at, setAt] = useState<ChartPoint | null>(null);
  if (chart === null) {
    return (
      <figure class={`chart is-${size}`}>
        <figcaption>
          <b>{name}</b> <span class="dim">not measured</span>
        </figcaption>
      </figure>
    );
  }
  const known = points.filter(({ y }) => y !== null);
  const first = known[0]?.y ?? null;
  const last = known.at(-1)?.y ?? null;
  const course = `${formatValue(first, kind)} → ${formatValue(last, kind)}`;
  const nearest = (event: PointerEvent & { readonly currentTarget: SVGSVGElement }): ChartPoint | null => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * box.width;
    return known.reduce<ChartPoint | null>(
      (best, point) => (best === null || Math.abs(chart.xOf(point.x) - x) < Math.abs(chart.xOf(best.x) - x) ? point : best),
      null,
    );
  };
  const bottom = box.height - box.bottom;
  const rug = [...new Set(marks.map((x) => Math.round(chart.xOf(x))))].map((x) => `M${x} ${bottom}v-7`).join('');
  return (
    <figure class={`chart is-${size}`}>
      <figcaption>
        <b>{name}</b> <span>{at === null ? course : formatValue(at.y, kind)}</span>
        <span class="dim tell">{at === null ? note : tell(at)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${box.width} ${box.height}`}
        role="img"
        aria-label={`${name}: ${course}${note === undefined ? '' : `, ${note}`}`}
        onPointerMove={(event) => setAt(nearest(event))}
        onPointerLeave={() => setAt(null)}
        onClick={() => {
          if (at !== null) onPick?.(at);
        }}
        class={onPick === undefined ? '' : 'is-pickable'}
      >
        {size === 'axes' && (
          <g class="axes">
            {chart.yTicks.map((tick) => (
              <>
                <line x1={box.left} x2={box.width - box.right} y1={tick.at} y2={tick.at} />
                <text x={box.left - 6} y={tick.at + 4} text-anchor="end">
                  {formatValue(tick.value, kind)}
                </text>
              </>
            ))}
            {chart.xTicks.map((tick) => (
              <text x={tick.at} y={box.height - 6} text-anchor="middle">
                {tick.value.toLocaleString('en')}
              </text>
            ))}
          </g>
        )}
        <path class="area" d={chart.area} />
        {chart.band !== '' && <path class="band" d={chart.band} />}
        <path class="line" d={chart.line} />
        {rug !== '' && <path class="rug" d={rug} />}
        {at !== null && at.y !== null && (
          <g class="cursor">
            <line x1={chart.xOf(at.x)} x2={chart.xOf(at.x)} y1={box.top} y2={bottom} />
            <circle cx={chart.xOf(at.x)} cy={chart.yOf(at.y)} r="3.5" />
          </g>
        )}
      </svg>
    </figure>
  );
}
