import { Fragment } from "preact";
import { bytes, duration } from "../format";
import type { CheckpointDetails, CheckpointEntry, SubtaskPart, VertexDetails } from "../flink";
import { useFetched, useOpen } from "../hooks";
import type { Job } from "../wire";
import { type Column, Empty, Head, Opener, Row, Table, Time } from "./parts";

const columns: Column[] = [
  { name: "Vertex" },
  { name: "Tasks", number: true },
  { name: "Last part written" },
  { name: "Duration", number: true, hint: "from the trigger to the last part" },
  { name: "Size", number: true },
];

/** What each vertex wrote into a checkpoint; a vertex opens to its subtasks. */
export function Details({ job, entry }: { job: Job; entry: CheckpointEntry }) {
  const path = `jobs/${job["job-id"]}/checkpoints/details/${entry.id}`;
  const mark = entry.status + entry.num_acknowledged_subtasks;
  const { data, error } = useFetched<CheckpointDetails>(path, mark);
  const [open, turn] = useOpen();
  if (!data) return <Empty>{error || "Reading the details…"}</Empty>;
  return (
    <Table label={`Vertices of checkpoint ${entry.id}`} class="details">
      <Head columns={columns} />
      <tbody>
        {job.vertices.map((v) => {
          const part = data.tasks[v.id];
          return (
            part && (
              <Fragment key={v.id}>
                <Row columns={columns} class="parent">
                  <th scope="row" title={v.name}>
                    <Opener open={open.has(v.id)} turn={() => turn(v.id)}>
                      {v.name}
                    </Opener>
                  </th>
                  <td class="n">
                    {part.num_acknowledged_subtasks} <span class="muted">of {part.num_subtasks}</span>
                  </td>
                  <td>
                    <Time at={part.latest_ack_timestamp} />
                  </td>
                  <td class="n">{part.latest_ack_timestamp < 0 ? "–" : duration(part.end_to_end_duration)}</td>
                  <td class="n">{bytes(part.checkpointed_size)}</td>
                </Row>
                {open.has(v.id) && (
                  <tr class="inset">
                    <td colSpan={columns.length}>
                      <Subtasks path={`${path}/subtasks/${v.id}`} mark={mark} whole={entry.end_to_end_duration} />
                    </td>
                  </tr>
                )}
              </Fragment>
            )
          );
        })}
      </tbody>
    </Table>
  );
}

const subtaskColumns: Column[] = [
  { name: "Subtask" },
  { name: "Where the time went", hint: "from the trigger, against the whole checkpoint's duration" },
  { name: "Start delay", number: true, swatch: "delay", hint: "until the first barrier came" },
  { name: "Alignment", number: true, swatch: "align", hint: "until the last barrier came" },
  { name: "Sync", number: true, swatch: "sync", hint: "while records wait" },
  { name: "Async", number: true, swatch: "async", hint: "written while records flow" },
  { name: "Duration", number: true },
  { name: "Size", number: true },
];

function Subtasks({ path, mark, whole }: { path: string; mark: string; whole: number }) {
  const { data, error } = useFetched<VertexDetails>(path, mark);
  if (!data) return <Empty>{error || "Reading the details…"}</Empty>;
  return (
    <Table label="Subtasks" class="details subtasks">
      <Head columns={subtaskColumns} />
      <tbody>
        {data.subtasks.map((s) => (
          <SubtaskRow key={s.index} part={s} whole={whole} />
        ))}
      </tbody>
    </Table>
  );
}

function SubtaskRow({ part: p, whole }: { part: SubtaskPart; whole: number }) {
  if (p.ack_timestamp === undefined) {
    return (
      <tr>
        <th scope="row">{p.index + 1}</th>
        <td class="muted" colSpan={subtaskColumns.length - 1}>
          nothing written
        </td>
      </tr>
    );
  }
  const steps = [p.start_delay ?? 0, p.alignment?.duration ?? 0, p.checkpoint?.sync ?? 0, p.checkpoint?.async ?? 0];
  return (
    <Row columns={subtaskColumns}>
      <th scope="row">{p.index + 1}</th>
      <td class="wide">
        <span class="gantt" aria-hidden="true">
          {["delay", "align", "sync", "async"].map((kind, i) => (
            <span key={kind} class={kind} style={{ width: `${whole > 0 ? (100 * steps[i]!) / Math.max(whole, sum(steps)) : 0}%` }} />
          ))}
        </span>
      </td>
      {steps.map((ms, i) => (
        <td key={i} class="n">
          {duration(ms)}
        </td>
      ))}
      <td class="n">{duration(p.end_to_end_duration ?? -1)}</td>
      <td class="n">{bytes(p.checkpointed_size ?? -1)}</td>
    </Row>
  );
}

function sum(values: number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
