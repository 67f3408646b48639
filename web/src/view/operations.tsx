import { duration, words } from "../format";
import type { Job, Operation } from "../wire";
import { type Column, Copy, Empty, Head, Row, Section, State, Table, Time } from "./parts";

const columns: Column[] = [
  { name: "Asked for" },
  { name: "State" },
  { name: "Asked at" },
  { name: "Duration", number: true },
  { name: "Result" },
];

/** What was asked of the job, and how to ask: the page itself changes nothing. */
export function Operations({ job, now }: { job: Job; now: number }) {
  const flying = job.operations.filter((o) => o.state === "IN_PROGRESS").length;
  return (
    <Section id="operations" title="Operations" aside={flying > 0 ? `${flying} in progress` : ""}>
      <div class="card">
        {job.operations.length === 0 ? (
          <Empty>Nothing was asked of this job so far.</Empty>
        ) : (
          <Table label="Operations" class="operations">
            <Head columns={columns} />
            <tbody>
              {job.operations.map((o) => (
                <OperationRow key={o.id} operation={o} now={now} />
              ))}
            </tbody>
          </Table>
        )}
        <Commands job={job} />
      </div>
    </Section>
  );
}

function OperationRow({ operation: o, now }: { operation: Operation; now: number }) {
  return (
    <Row columns={columns}>
      <th scope="row" title={"request " + o.id}>
        {words(o.kind)}
        {o.drain && <small>drained</small>}
        {o.parallelism > 0 && <small>to parallelism {o.parallelism}</small>}
      </th>
      <td>
        <State state={o.state} />
      </td>
      <td>
        <Time at={o.asked} />
      </td>
      <td class="n">{duration((o.ended < 0 ? now : o.ended) - o.asked)}</td>
      <td class="wide">
        {o.path && <Copy text={o.path} />}
        {o.error && <span class="why">{o.error}</span>}
        {!o.path && !o.error && o.directory && <span class="muted">to {o.directory}</span>}
      </td>
    </Row>
  );
}

/** The command lines that change this job. They need the application's secret, which a browser has not. */
function Commands({ job }: { job: Job }) {
  const tail = `${job["job-id"]}${job.target === "yarn" ? " -yid " + job["application-id"] : ""}`;
  const lines: [string, string][] = job.ended
    ? [["What is retained", `weft checkpoints ${job["job-id"]}`]]
    : [
        ["Write a savepoint, go on", `weft savepoint ${tail}`],
        ["Change the parallelism", `weft rescale ${tail} -p <n>`],
        ["End after a savepoint", `weft cancel -s ${tail}`],
        ["Let it finish, with a savepoint", `weft stop ${tail}`],
        ["End at once", `weft cancel ${tail}`],
      ];
  const restore = snapshot(job);
  const where = job.target === "yarn" ? "-m yarn-cluster " : "";
  if (restore) lines.push(["Start from the latest snapshot", `weft run -s ${restore} ${where}<program>`]);
  return (
    <dl class="commands">
      {lines.map(([what, line]) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>
            <Copy text={line} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** The path of the latest completed checkpoint or savepoint. */
function snapshot({ checkpoints: { last, "last-savepoint": savepoint } }: Job): string {
  const latest = savepoint && (!last || savepoint.completed > last.completed) ? savepoint : last;
  return latest?.path ?? "";
}
