import { Fragment, type ComponentChildren } from "preact";
import { long, counted } from "../format";
import type { Live } from "../live";
import type { Job } from "../wire";
import { applicationPage } from "../yarn";
import { Copy, Jump, Out, State, Time } from "./parts";

const sections = [
  ["overview", "Overview"],
  ["graph", "Graph"],
  ["tasks", "Tasks"],
  ["workers", "Workers"],
  ["checkpoints", "Checkpoints"],
  ["operations", "Operations"],
  ["failures", "Failures"],
  ["configuration", "Configuration"],
] as const;

/** What stays in sight: which job, its state, and the ways to the sections. */
export function TopBar({ live, job }: { live: Live; job: Job }) {
  const word = job.ended ? "ended" : live.link === "live" ? "live" : live.link === "recovering" ? "recovering" : "no answer";
  return (
    <header class="top">
      <div class="inner">
        <span class="brand">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M1 5c3.5-3.5 5.5 3.5 9 0s4-1 5 0M1 11c3.5-3.5 5.5 3.5 9 0s4-1 5 0M4.5 1.500v13M11.5 1.500v13" />
          </svg>
          Weft
        </span>
        <nav aria-label="Sections">
          {sections.map(([id, name]) => (
            <Jump key={id} to={id}>
              {name}
            </Jump>
          ))}
        </nav>
        <span class={"link " + word.replace(" ", "-")}>{word}</span>
      </div>
    </header>
  );
}

/** Who the job is and how it is. */
export function Header({ job, now }: { job: Job; now: number }) {
  return (
    <div class="job">
      <h1>{breakable(job.name)}</h1>
      <p class="now">
        <State state={job.state} />
        <span>{since(job, now)}</span>
      </p>
      <p class="detail">{detail(job)}</p>
      <dl class="facts">
        <Fact name="Job">
          <Copy text={job["job-id"]} />
        </Fact>
        <Fact name="Application">
          <Out href={applicationPage()}>{job["application-id"]}</Out>
        </Fact>
        <Fact name="Attempt">
          {job.attempt}
          <span class="muted"> since {<Time at={job["master-started"]} />}</span>
        </Fact>
        <Fact name="Started">
          <Time at={job.started} />
        </Fact>
        <Fact name="Parallelism">
          {job.parallelism}
          <span class="muted"> of {job["max-parallelism"]} at most</span>
        </Fact>
        <Fact name="Slots free">
          {job["slots-free"]}
          <span class="muted"> of {job["slots-total"]}</span>
        </Fact>
        <Fact name="User">{job.user || "–"}</Fact>
      </dl>
      {job.warnings.length > 0 && (
        <ul class="warnings">
          {job.warnings.map((w) => (
            <li key={w}>{w}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A name that breaks where its words begin, when it must. */
function breakable(name: string) {
  return name.split(/(?<=[a-z0-9._-])(?=[A-Z])|(?<=[._-])/).map((part, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

function since(job: Job, now: number): string {
  if (job.ended) return "after " + long(job["ended-at"] - job.started);
  const whole = "up for " + long(now - job.started);
  return job["state-since"] - job.started < 60_000 ? whole : "for " + long(now - job["state-since"]) + ", " + whole;
}

/** The line below the state: the master's own words, or how far the tasks are. */
function detail(job: Job): string {
  if (job.detail) return job.detail;
  const { total, running, finished } = job.tasks;
  if (job.state === "RUNNING" && running + finished < total) {
    return `${running} of ${counted(total, "task")} run; the others are starting`;
  }
  return "";
}
