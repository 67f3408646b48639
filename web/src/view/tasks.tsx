import { Fragment } from "preact";
import { useEffect } from "preact/hooks";
import { bytes, count, counted, exact, iso, rate, watermark, worker } from "../format";
import { useOpen } from "../hooks";
import { type Figures, figuresOf, totals } from "../totals";
import type { Job, Subtask, Vertex, Worker } from "../wire";
import { type Column, Empty, Head, Meter, Opener, Out, Row, Section, State, Table } from "./parts";

const columns: Column[] = [
  { name: "Vertex" },
  { name: "State", hint: "of a vertex, with its parallelism" },
  { name: "Worker" },
  { name: "Records in", number: true },
  { name: "Records out", number: true },
  { name: "In / s", number: true },
  { name: "Out / s", number: true },
  { name: "Busy", number: true, hint: "share of the last seconds; of a vertex, the highest of its subtasks" },
  { name: "Backpressured", number: true, hint: "share of the last seconds spent waiting for receivers; of a vertex, the highest" },
  { name: "Watermark", number: true, hint: "of a vertex, the lowest of its subtasks" },
  { name: "Late", number: true, hint: "records behind the watermark" },
];

/** Vertices, each of which opens to its subtasks. */
export function Tasks({ job, chosen }: { job: Job; chosen: { vertex: string } | null }) {
  const [open, turn, set] = useOpen();
  useEffect(() => {
    if (!chosen) return;
    set([...open, chosen.vertex]);
    document.getElementById("vertex-" + chosen.vertex)?.scrollIntoView({ behavior: "smooth", block: "center" });
  }, [chosen]);
  const all = open.size >= job.vertices.length;
  const workers = new Map(job.workers.map((w) => [w.id, w]));
  return (
    <Section
      id="tasks"
      title="Tasks"
      aside={
        <button type="button" class="plain" onClick={() => set(all ? [] : job.vertices.map((v) => v.id))}>
          {all ? "Close all" : "Open all"}
        </button>
      }
    >
      <div class="card">
        {job.vertices.length === 0 ? (
          <Empty>The master has not read the job's plan yet.</Empty>
        ) : (
          <Table label="Tasks" class="tasks">
            <Head columns={columns} />
            <tbody>
              {job.vertices.map((v) => (
                <Fragment key={v.id}>
                  <VertexRow vertex={v} open={open.has(v.id)} turn={() => turn(v.id)} />
                  {open.has(v.id) && v.subtasks.map((s) => <SubtaskRow key={s.index} subtask={s} worker={workers.get(s.worker)} />)}
                </Fragment>
              ))}
            </tbody>
          </Table>
        )}
      </div>
    </Section>
  );
}

function VertexRow({ vertex, open, turn }: { vertex: Vertex; open: boolean; turn: () => void }) {
  const t = totals(vertex);
  const hosts = new Set(vertex.subtasks.map((s) => s.worker).filter(Boolean));
  const others = t.states.filter(([state]) => state !== vertex.state);
  return (
    <Row columns={columns} id={"vertex-" + vertex.id} class="parent">
      <th scope="row" title={vertex.name}>
        <Opener open={open} turn={turn}>
          {vertex.name}
        </Opener>
      </th>
      <td>
        <State state={vertex.state}>
          <span class="muted">×&#8202;{vertex.parallelism}</span>
        </State>
        {others.length > 0 && <small>{others.map(([state, n]) => `${n} ${state.toLowerCase()}`).join(", ")}</small>}
      </td>
      <td class="muted">{hosts.size === 0 ? "none yet" : counted(hosts.size, "worker")}</td>
      {figures(t)}
      {loads(t)}
    </Row>
  );
}

function SubtaskRow({ subtask: s, worker: w }: { subtask: Subtask; worker?: Worker }) {
  return (
    <Row columns={columns} class="child">
      <th scope="row">subtask {s.index + 1}</th>
      <td title={iso(s.since) && "since " + iso(s.since)}>
        <State state={s.state} />
      </td>
      <td title={s.worker}>{s.worker ? <WorkerLinks host={s.host} id={s.worker} worker={w} /> : <span class="muted">none yet</span>}</td>
      {figures(figuresOf(s))}
      {loads(figuresOf(s))}
    </Row>
  );
}

/**
 * A worker by host and number, with its outputs. Those of a worker that was
 * lost and is not listed any more the master still finds.
 */
export function WorkerLinks({ host, id, worker: w }: { host: string; id: string; worker?: Worker }) {
  return (
    <>
      <Out href={w?.["log-url"] ?? ""}>
        {host} <span class="muted">{worker(id)}</span>
      </Out>
      <span class="outputs">
        <Out href={w?.log ?? `taskmanagers/${id}/log`}>log</Out> <Out href={w?.stdout ?? `taskmanagers/${id}/stdout`}>stdout</Out>
      </span>
    </>
  );
}

function figures(f: Figures) {
  return [
    <td class="n" title={exact(f.in)}>
      {count(f.in)}
      <small>{bytes(f.bytesIn)}</small>
    </td>,
    <td class="n" title={exact(f.out)}>
      {count(f.out)}
      <small>{bytes(f.bytesOut)}</small>
    </td>,
    <td class="n">{rate(f.rateIn)}</td>,
    <td class="n">{rate(f.rateOut)}</td>,
  ];
}

function loads(f: Figures) {
  return [
    <td class="n">
      <Meter kind="busy" share={f.busy} />
    </td>,
    <td class="n">
      <Meter kind="held" share={f.backpressured} />
    </td>,
    <td class="n" title={f.watermark === null ? "no watermark yet" : iso(f.watermark)}>
      {watermark(f.watermark)}
    </td>,
    <td class={"n" + (f.late > 0 ? " warn" : "")}>{count(f.late)}</td>,
  ];
}
