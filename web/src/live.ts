import type { Job } from "./wire";

/** How the page stands with the master. */
export type Link =
  | "connecting" // nothing was heard yet
  | "live"
  | "recovering" // the master answers that it does not know the job yet
  | "lost" // no answer, or not a master's
  | "gone"; // no answer after the job's end: as it should be

/** One point of the charts. */
export interface Sample {
  time: number; // of the master's clock
  read: number;
  written: number;
}

/** All that the page knows. A change makes a new one. */
export interface Live {
  job: Job | null; // the last one heard of
  link: Link;
  trouble: string; // why link is not live
  heard: number; // when job was heard, by this machine's clock
  samples: Sample[];
}

/** How far back the charts go. */
export const span = 5 * 60_000;

const tick = 1500;
const patience = 40_000; // longer than the master holds a waiting request
const tickPatience = 5000;

/** An answer of the master's that is not a success. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads JSON from a path below the page's own address. */
export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(new URL(path, document.baseURI), { signal, cache: "no-store" });
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  if (!json) throw new Error(`something else answers, with status ${response.status}`);
  const body = await response.json();
  if (!response.ok) throw new Refusal(response.status, body?.errors?.[0] ?? `status ${response.status}`);
  return body as T;
}

/**
 * Follows the job until stopped. Changes of state come at once, by a request
 * that the master holds until there is one; figures come by a request every
 * tick, while somebody looks.
 */
export class Follower {
  private live: Live = { job: null, link: "connecting", trouble: "", heard: 0, samples: [] };
  private readonly stopped = new AbortController();
  private waiting = new AbortController();
  private failures = 0;

  constructor(private readonly show: (live: Live) => void) {}

  start() {
    void this.follow();
    void this.refresh();
  }

  stop() {
    this.stopped.abort();
    this.waiting.abort();
  }

  private get done() {
    return this.stopped.signal.aborted;
  }

  private async follow() {
    while (!this.done) {
      const { job, link } = this.live;
      const wait = job && link === "live" && !job.ended && this.failures === 0;
      this.waiting = new AbortController();
      const begun = performance.now();
      try {
        if (wait) await this.ask(`weft/job?wait=${job.version}`, this.waiting, patience);
        else await this.ask("weft/job", this.waiting, tickPatience);
        // A server that does not hold the request is not asked in a rush.
        const quick = performance.now() - begun < tick && this.live.job?.version === job?.version;
        if (quick) await sleep(tick);
      } catch (error) {
        this.fail(error);
        await sleep(this.live.job?.ended ? 5000 : Math.min(5000, 500 * 2 ** this.failures));
      }
    }
  }

  private async refresh() {
    while (!this.done) {
      await sleep(tick);
      if (document.hidden || this.live.link !== "live" || this.live.job?.ended) continue;
      try {
        await this.ask("weft/job", new AbortController(), tickPatience);
      } catch {
        this.waiting.abort(); // which asks again, and finds out what is wrong
      }
    }
  }

  private async ask(path: string, abort: AbortController, limit: number) {
    const timer = setTimeout(() => abort.abort(), limit);
    try {
      this.accept(await read<Job>(path, abort.signal));
    } finally {
      clearTimeout(timer);
    }
  }

  private accept(job: Job) {
    if (this.done) return;
    const { job: before, samples } = this.live;
    const same = before?.["job-id"] === job["job-id"];
    if (same && job.now < before.now) return; // overtaken by a later answer
    this.failures = 0;
    this.update({ job, link: "live", trouble: "", heard: Date.now(), samples: extend(same ? samples : [], job) });
  }

  private fail(error: unknown) {
    if (this.done) return;
    this.failures++;
    const recovering = error instanceof Refusal && error.status === 503;
    const aborted = error instanceof DOMException && error.name === "AbortError";
    if (aborted && this.failures === 1) return; // one late answer is no news
    const link = recovering ? "recovering" : this.live.job?.ended ? "gone" : "lost";
    const trouble = error instanceof TypeError || aborted ? "no answer" : (error as Error).message;
    this.update({ ...this.live, link, trouble });
  }

  private update(live: Live) {
    this.live = live;
    this.show(live);
  }
}

/** Adds a job's rates to the samples, at most about one a second. */
function extend(samples: Sample[], job: Job): Sample[] {
  const last = samples.at(-1);
  if (job.ended || (last && job.now - last.time < tick / 2)) return samples;
  const { "records-read": read, "records-written": written } = job.rates;
  return [...samples.filter((s) => s.time > job.now - span), { time: job.now, read, written }];
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
