import type { Subtask, Vertex } from "./wire";

/** The figures of a subtask, or of a vertex. */
export interface Figures {
  in: number;
  out: number;
  bytesIn: number;
  bytesOut: number;
  rateIn: number;
  rateOut: number;
  busy: number;
  backpressured: number;
  watermark: number | null; // null before the first
  late: number;
}

export function figuresOf(s: Subtask): Figures {
  return {
    in: s["records-in"],
    out: s["records-out"],
    bytesIn: s["bytes-in"],
    bytesOut: s["bytes-out"],
    rateIn: s["rate-in"],
    rateOut: s["rate-out"],
    busy: s.busy,
    backpressured: s.backpressured,
    watermark: s.watermark,
    late: s["late-records"],
  };
}

/** A vertex's figures, made of its subtasks'. */
export interface Totals extends Figures {
  states: [state: string, subtasks: number][]; // the most frequent first
}

/**
 * Adds up what can be added; of shares, the highest counts, and of watermarks
 * the lowest, which is unknown while a subtask has none.
 */
export function totals(vertex: Vertex): Totals {
  const all = vertex.subtasks.map(figuresOf);
  const sum = (of: (f: Figures) => number) => all.reduce((n, f) => n + of(f), 0);
  const most = (of: (f: Figures) => number) => all.reduce((n, f) => Math.max(n, of(f)), 0);
  const marks = all.map((f) => f.watermark);
  const states = new Map<string, number>();
  for (const s of vertex.subtasks) states.set(s.state, (states.get(s.state) ?? 0) + 1);
  return {
    in: sum((f) => f.in),
    out: sum((f) => f.out),
    bytesIn: sum((f) => f.bytesIn),
    bytesOut: sum((f) => f.bytesOut),
    rateIn: sum((f) => f.rateIn),
    rateOut: sum((f) => f.rateOut),
    busy: most((f) => f.busy),
    backpressured: most((f) => f.backpressured),
    watermark: marks.length === 0 || marks.includes(null) ? null : Math.min(...(marks as number[])),
    late: sum((f) => f.late),
    states: [...states].sort((a, b) => b[1] - a[1]),
  };
}
