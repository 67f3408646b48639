import { ago, counted } from "../format";
import type { ExceptionEntry, Exceptions } from "../flink";
import { useFetched } from "../hooks";
import type { Failure, Job } from "../wire";
import { type Column, Empty, Head, Out, Row, Section, Table, Time } from "./parts";
import { WorkerLinks } from "./tasks";

/** The last failure in full, and those before it. */
export function Failures({ job, now }: { job: Job; now: number }) {
  const mark = [job.attempt, job.restarts, job.failure?.time, job.state].join();
  const { data } = useFetched<Exceptions>(job.failure ? `jobs/${job["job-id"]}/exceptions` : null, mark);
  const history = data?.exceptionHistory;
  return (
    <Section id="failures" title="Failures" aside={job.restarts > 0 ? counted(job.restarts, "restart") : ""}>
      <div class="card">
        {job.failure ? (
          <Last failure={job.failure} job={job} now={now} />
        ) : (
          <Empty>None so far. When a task fails, its message, the line of your program and the worker's log stand here.</Empty>
        )}
        {history && history.entries.length > 0 && <History entries={history.entries} truncated={history.truncated} job={job} />}
      </div>
    </Section>
  );
}

function Last({ failure: f, job, now }: { failure: Failure; job: Job; now: number }) {
  const where = job.workers.find((w) => w.id === f.worker);
  return (
    <div class="failure">
      <p class="message">{f.message}</p>
      <dl class="facts">
        <div>
          <dt>At</dt>
          <dd>
            <Time at={f.time} /> <span class="muted">{ago(f.time, now)}</span>
          </dd>
        </div>
        <div>
          <dt>In</dt>
          <dd>{f.location ? <code>{f.location}</code> : <span class="muted">no line of the program</span>}</dd>
        </div>
        <div>
          <dt>Task</dt>
          <dd>{f.task || <span class="muted">not one task</span>}</dd>
        </div>
        <div>
          <dt>Worker</dt>
          <dd title={f.worker}>
            {f.worker ? <WorkerLinks host={where?.host ?? ""} id={f.worker} worker={where} /> : <span class="muted">not known</span>}
          </dd>
        </div>
      </dl>
      {f.stack ? (
        <Stack text={f.stack} />
      ) : (
        <p class="hint">
          More may stand in {f.worker ? "that worker's log or in " : ""}the <Out href="jobmanager/log">master's log</Out>.
        </p>
      )}
    </div>
  );
}

const columns: Column[] = [{ name: "Time" }, { name: "Failure" }, { name: "Task" }, { name: "Worker" }];

function History({ entries, truncated, job }: { entries: ExceptionEntry[]; truncated: boolean; job: Job }) {
  return (
    <>
      <Table label="History of failures" class="exceptions">
        <Head columns={columns} />
        <tbody>
          {entries.map((e) => (
            <Row columns={columns} key={e.timestamp + e.exceptionName}>
              <td>
                <Time at={e.timestamp} />
              </td>
              <td class="wide">
                {e.exceptionName}
                {e.concurrentExceptions.length > 0 && <small>and {counted(e.concurrentExceptions.length, "other")} at the same time</small>}
                <Stack text={stacks(e)} />
              </td>
              <td>{e.taskName ?? "–"}</td>
              <td title={e.taskManagerId ?? ""}>
                {e.taskManagerId ? (
                  <WorkerLinks host={e.endpoint ?? ""} id={e.taskManagerId} worker={job.workers.find((w) => w.id === e.taskManagerId)} />
                ) : (
                  "–"
                )}
              </td>
            </Row>
          ))}
        </tbody>
      </Table>
      {truncated && <p class="hint">Older ones are not kept (web.exception-history-size).</p>}
    </>
  );
}

function stacks(e: ExceptionEntry): string {
  return [e, ...e.concurrentExceptions].map((one) => one.stacktrace).join("\n\n");
}

function Stack({ text }: { text: string }) {
  return (
    <details>
      <summary>Stack</summary>
      <pre tabIndex={0}>{text}</pre>
    </details>
  );
}
