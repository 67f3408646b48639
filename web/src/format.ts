// Figures and times as people read them.

/** What stands where there is nothing to say yet. */
export const nothing = "–";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A count: exact up to seven digits, then shortened. */
export function count(n: number): string {
  return n < 1e7 ? whole.format(n) : short(n);
}

export function exact(n: number): string {
  return whole.format(n);
}

function short(n: number): string {
  for (const [size, word] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    if (n >= size) return digits(n / size) + " " + word;
  }
  return digits(n);
}

function digits(n: number): string {
  return n.toFixed(n < 10 ? 2 : n < 100 ? 1 : 0);
}

/** A rate per second. */
export function rate(n: number): string {
  if (n === 0) return "0";
  if (n < 0.05) return "< 0.1";
  if (n < 10) return n.toFixed(1);
  return n < 1e4 ? whole.format(n) : short(n);
}

export function bytes(n: number): string {
  if (n < 0) return nothing;
  if (n < 1024) return n + " B";
  let value = n;
  let unit = "B";
  for (const next of ["KiB", "MiB", "GiB", "TiB"]) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return (value < 10 ? value.toFixed(1) : value.toFixed(0)) + " " + unit;
}

export function percent(share: number): string {
  return Math.round(share * 100) + " %";
}

/** A length of time in milliseconds. */
export function duration(ms: number): string {
  if (ms < 0) return nothing;
  if (ms < 1000) return Math.round(ms) + " ms";
  const s = ms / 1000;
  if (s < 10) return s.toFixed(1) + " s";
  return long(ms);
}

/** A length of time to the second: for what ticks. */
export function long(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return s + " s";
  const m = Math.floor(s / 60);
  if (m < 60) return m + " min " + (s % 60) + " s";
  const h = Math.floor(m / 60);
  if (h < 48) return h + " h " + (m % 60) + " min";
  return Math.floor(h / 24) + " d " + (h % 24) + " h";
}

export function ago(then: number, now: number): string {
  return then < 0 ? nothing : now - then < 1000 ? "just now" : long(now - then) + " ago";
}

/** A point in time: the clock's time, with the day if it is not today. */
export function clock(ms: number): string {
  if (ms < 0) return nothing;
  const d = new Date(ms);
  const time = d.toLocaleTimeString("en-GB");
  return d.toDateString() === new Date().toDateString() ? time : day(d) + " " + time;
}

function day(d: Date): string {
  return [d.getFullYear(), d.getMonth() + 1, d.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
}

/** The same in full, for a tooltip. */
export function iso(ms: number): string | undefined {
  return ms < 0 || ms > 8.64e15 ? undefined : new Date(ms).toISOString();
}

// A program's event time need not be a time of the calendar: what is before
// 1980 is shown as the number that it is.
const calendar = Date.UTC(1980, 0);

/** A watermark: null before the first, the largest integer at the input's end. */
export function watermark(ms: number | null): string {
  if (ms === null) return nothing;
  if (ms > 8.64e15) return "end of input";
  return ms < calendar ? String(ms) : clock(ms);
}

/** The number of a YARN container, or the whole of any other worker's id. */
export function worker(id: string): string {
  return /^container_.*_(\d+)$/.exec(id)?.[1] ?? id;
}

export function counted(n: number, one: string, many = one + "s"): string {
  return whole.format(n) + " " + (n === 1 ? one : many);
}

/** The last part of a path: all that differs between a job's snapshots. */
export function lastPart(path: string): string {
  return path.replace(/\/+$/, "").replace(/^.*\//, "");
}

/** RUNNING as "Running", CANCEL_WITH_SAVEPOINT as "Cancel with savepoint". */
export function words(constant: string): string {
  const text = constant.toLowerCase().replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
