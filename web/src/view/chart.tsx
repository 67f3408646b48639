import { useState } from "preact/hooks";
import { clock, rate } from "../format";
import { useWidth } from "../hooks";
import { span } from "../live";

const height = 120;
const frame = { top: 8, bottom: 18, left: 4, right: 4 };
const pause = 12_000; // a longer silence is a gap in the line

type Point = [time: number, value: number];

/** A rate over the last minutes. The figures themselves stand beside it. */
export function Chart({ label, points, end }: { label: string; points: Point[]; end: number }) {
  const [box, width] = useWidth<HTMLDivElement>();
  const [hover, setHover] = useState<number | null>(null);
  const top = ceiling(Math.max(0, ...points.map((p) => p[1])));
  const x = (time: number) => frame.left + (1 - (end - time) / span) * (width - frame.left - frame.right);
  const y = (value: number) => frame.top + (1 - value / top) * (height - frame.top - frame.bottom);
  const shown = points.filter((p) => p[0] >= end - span);
  const near = hover === null ? undefined : nearest(shown, hover, x);
  return (
    <div class="chart" ref={box}>
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={label}
          onPointerMove={(e) => setHover(e.offsetX)}
          onPointerLeave={() => setHover(null)}
        >
          {[0, top / 2, top].map((value) => (
            <line key={value} class="grid" x1={frame.left} x2={width - frame.right} y1={y(value)} y2={y(value)} />
          ))}
          {runs(shown).map((run) => (
            <g key={run[0]![0]}>
              <path class="area" d={`${line(run, x, y)}L${x(run.at(-1)![0])},${y(0)}L${x(run[0]![0])},${y(0)}Z`} />
              <path class="line" d={line(run, x, y)} />
            </g>
          ))}
          <text class="axis" x={frame.left} y={y(top) + 11}>
            {rate(top)}
          </text>
          <text class="axis" x={frame.left} y={height - 4}>
            5 min ago
          </text>
          <text class="axis" x={width - frame.right} y={height - 4} text-anchor="end">
            now
          </text>
          {near && <circle class="near" cx={x(near[0])} cy={y(near[1])} r={3.5} />}
        </svg>
      )}
      {near && (
        <output class="readout" style={{ left: `${Math.min(Math.max(x(near[0]), 70), width - 70)}px` }}>
          {rate(near[1])} / s <span class="muted">{clock(near[0])}</span>
        </output>
      )}
    </div>
  );
}

/** The smallest of 1, 2, 5 · 10ⁿ that is not below the value. */
function ceiling(value: number): number {
  if (value <= 1) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * ([1, 2, 5, 10].find((n) => n * unit >= value) ?? 10);
}

function runs(points: Point[]): Point[][] {
  const all: Point[][] = [];
  for (const point of points) {
    const run = all.at(-1);
    if (run && point[0] - run.at(-1)![0] < pause) run.push(point);
    else all.push([point]);
  }
  return all;
}

function line(run: Point[], x: (t: number) => number, y: (v: number) => number): string {
  return run.map((p, i) => `${i ? "L" : "M"}${x(p[0]).toFixed(1)},${y(p[1]).toFixed(1)}`).join("");
}

function nearest(points: Point[], at: number, x: (t: number) => number): Point | undefined {
  let best: Point | undefined;
  for (const p of points) {
    if (!best || Math.abs(x(p[0]) - at) < Math.abs(x(best[0]) - at)) best = p;
  }
  return best;
}
