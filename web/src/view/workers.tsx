import { ago, worker } from "../format";
import type { Job, Worker } from "../wire";
import { applicationPage } from "../yarn";
import { type Column, Copy, Empty, Head, Memory, Out, Row, Section, State, Table } from "./parts";

const columns: Column[] = [
  { name: "Container" },
  { name: "State" },
  { name: "Host" },
  { name: "Output" },
  { name: "Memory", number: true, hint: "resident memory of the process, of the container's size" },
  { name: "Slots free", number: true },
  { name: "Process", number: true },
  { name: "Last heard of", number: true },
];

/** The master and the workers, with ways to what they wrote. */
export function Workers({ job, now }: { job: Job; now: number }) {
  const there = job.workers.filter((w) => w.state === "CONNECTED").length;
  return (
    <Section id="workers" title="Workers" aside={`${there} of ${job["workers-wanted"]} connected`}>
      <div class="card">
        <Table label="Workers" class="workers">
          <Head columns={columns} />
          <tbody>
            <MasterRow job={job} />
            {job.workers.map((w) => (
              <WorkerRow key={w.id} worker={w} now={now} />
            ))}
          </tbody>
        </Table>
        {job.workers.length === 0 && <NoWorkers job={job} />}
        {job.target === "yarn" && (
          <p class="hint">
            After the end, all logs: <Copy text={`yarn logs -applicationId ${job["application-id"]}`} />
          </p>
        )}
      </div>
    </Section>
  );
}

function NoWorkers({ job }: { job: Job }) {
  if (job.target !== "yarn") return <Empty>No worker has started yet; the master's log says why if it takes longer than a second.</Empty>;
  return (
    <Empty>
      No container yet: {job["workers-wanted"]} are asked of YARN. If this takes longer than seconds, the queue is full or no node has room;{" "}
      <Out href={applicationPage()}>the application's page in YARN</Out> tells.
    </Empty>
  );
}

function MasterRow({ job: { master, attempt } }: { job: Job }) {
  return (
    <Row columns={columns} class="master">
      <th scope="row">
        application master <small>attempt {attempt}</small>
      </th>
      <td>
        <State state="CONNECTED" />
      </td>
      <td>
        {master.address}
        {master["log-url"] && (
          <small>
            <Out href={master["log-url"]}>all of its files</Out>
          </small>
        )}
      </td>
      <td>
        <Out href="jobmanager/log">log</Out> · <Out href="jobmanager/stdout">stdout</Out>
      </td>
      <td class="n">
        <Memory resident={master.resident} size={master.memory} />
      </td>
      <td class="n muted">–</td>
      <td class="n">{master.pid}</td>
      <td class="n muted">–</td>
    </Row>
  );
}

function WorkerRow({ worker: w, now }: { worker: Worker; now: number }) {
  return (
    <Row columns={columns} class={w.state === "LOST" ? "lost" : ""}>
      <th scope="row" title={w.id}>
        {worker(w.id)}
        <small>{w.id === worker(w.id) ? w.file : w.id}</small>
      </th>
      <td>
        <State state={w.state} />
      </td>
      <td title={w["data-addr"] && "records at " + w["data-addr"]}>
        {w.host || "–"}
        {w["log-url"] && (
          <small>
            <Out href={w["log-url"]}>all of its files</Out>
          </small>
        )}
      </td>
      <td>
        <Out href={w.log}>log</Out> · <Out href={w.stdout}>stdout</Out>
      </td>
      <td class="n">
        <Memory resident={w.resident} size={w.memory} />
      </td>
      <td class="n">
        {w["free-slots"]} <span class="muted">of {w.slots}</span>
      </td>
      <td class="n">{w.pid || "–"}</td>
      <td class="n">{ago(w["last-heard"], Math.max(now, w["last-heard"]))}</td>
    </Row>
  );
}
