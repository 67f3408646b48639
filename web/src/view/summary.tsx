import { ago, bytes, clock, count, counted, duration, exact, rate } from "../format";
import type { Sample } from "../live";
import type { Job } from "../wire";
import { Chart } from "./chart";
import { Jump } from "./parts";

/** The figures to look at first, and the rates of the last minutes. */
export function Summary({ job, samples, now }: { job: Job; samples: Sample[]; now: number }) {
  const { tasks, checkpoints } = job;
  const last = checkpoints.last;
  return (
    <div class="summary">
      <RateCard
        title="Records in"
        hint="read by the sources"
        value={job.ended ? 0 : job.rates["records-read"]}
        total={job["records-read"]}
        points={samples.map((s) => [s.time, s.read])}
        end={job.now}
      />
      <RateCard
        title="Records out"
        hint="received by the last vertices"
        value={job.ended ? 0 : job.rates["records-written"]}
        total={job["records-written"]}
        points={samples.map((s) => [s.time, s.written])}
        end={job.now}
      />
      <div class="tiles">
        <Tile to="tasks" name="Tasks running" value={`${tasks.running} of ${tasks.total}`} note={others(job)} />
        <Tile
          to="workers"
          name="Workers"
          value={`${job.workers.filter((w) => w.state === "CONNECTED").length} of ${job["workers-wanted"]}`}
          note={`${bytes(job.workers.reduce((sum, w) => sum + Math.max(0, w.resident), 0))} resident`}
        />
        <Tile
          to="checkpoints"
          name="Last checkpoint"
          value={last ? (job.ended ? clock(last.completed) : ago(last.completed, now)) : checkpoints.interval > 0 ? "none yet" : "off"}
          note={last ? `${duration(last.completed - last.triggered)}, ${bytes(last.size)}` : ""}
        />
        <Tile
          to="failures"
          name="Restarts"
          value={exact(job.restarts)}
          note={job.failure ? "last failure " + clock(job.failure.time) : "no failure so far"}
        />
      </div>
    </div>
  );
}

/** The tasks that do not run, by their states. */
function others(job: Job): string {
  const { total: _, running: __, ...rest } = job.tasks;
  const some = Object.entries(rest).filter(([, n]) => n > 0);
  return some.length > 0 ? some.map(([state, n]) => `${n} ${state}`).join(", ") : "in " + counted(job.vertices.length, "vertex", "vertices");
}

function Tile({ to, name, value, note }: { to: string; name: string; value: string; note: string }) {
  return (
    <Jump to={to} class="tile">
      <span class="name">{name}</span>
      <span class="value">{value}</span>
      <span class="note">{note}</span>
    </Jump>
  );
}

interface RateCardProps {
  title: string;
  hint: string;
  value: number;
  total: number;
  points: [number, number][];
  end: number;
}

function RateCard({ title, hint, value, total, points, end }: RateCardProps) {
  return (
    <figure class="card rate">
      <figcaption>
        <span class="name">
          {title} <span class="muted">{hint}</span>
        </span>
        <span class="value">
          {rate(value)}
          <small> / s</small>
        </span>
        <span class="note" title={exact(total)}>
          {count(total)} since the tasks were deployed
        </span>
      </figcaption>
      <Chart label={`${title} per second over the last five minutes`} points={points} end={end} />
    </figure>
  );
}
