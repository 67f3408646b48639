import type { Subtask, Vertex } from "./wire";

/** A vertex's figures, made of its subtasks'. */
export interface Totals {
  in: number;
  out: number;
  bytesIn: number;
  bytesOut: number;
  rateIn: number;
  rateOut: number;
  busy: number; // of the busiest subtask
  backpressured: number; // of the most held up
  watermark: number | null; // the lowest; null while a subtask has none
  late: number;
  states: [state: string, subtasks: number][]; // the most frequent first
}

export function totals(vertex: Vertex): Totals {
  const all = vertex.subtasks;
  const sum = (f: (s: Subtask) => number) => all.reduce((n, s) => n + f(s), 0);
  const most = (f: (s: Subtask) => number) => all.reduce((n, s) => Math.max(n, f(s)), 0);
  const marks = all.map((s) => s.watermark);
  const states = new Map<string, number>();
  for (const s of all) states.set(s.state, (states.get(s.state) ?? 0) + 1);
  return {
    in: sum((s) => s["records-in"]),
    out: sum((s) => s["records-out"]),
    bytesIn: sum((s) => s["bytes-in"]),
    bytesOut: sum((s) => s["bytes-out"]),
    rateIn: sum((s) => s["rate-in"]),
    rateOut: sum((s) => s["rate-out"]),
    busy: most((s) => s.busy),
    backpressured: most((s) => s.backpressured),
    watermark: marks.length === 0 || marks.includes(null) ? null : Math.min(...(marks as number[])),
    late: sum((s) => s["late-records"]),
    states: [...states].sort((a, b) => b[1] - a[1]),
  };
}
