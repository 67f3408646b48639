import { Fragment } from "preact";
import { useRef } from "preact/hooks";
import { bytes, duration, exact, lastPart } from "../format";
import type { CheckpointEntry, CheckpointList, RestoredEntry } from "../flink";
import { useFetched, useOpen } from "../hooks";
import type { Job } from "../wire";
import { Details } from "./checkpoint_details";
import { type Column, Copy, Empty, Head, Opener, Row, Section, snapshotKind, State, Table, Time } from "./parts";

const columns: Column[] = [
  { name: "Checkpoint" },
  { name: "Kind" },
  { name: "State" },
  { name: "Triggered" },
  { name: "Duration", number: true },
  { name: "Size", number: true },
  { name: "Tasks", number: true, hint: "tasks that have written their part" },
  { name: "Path" },
];

/** The job's checkpoints and savepoints. */
export function Checkpoints({ job }: { job: Job }) {
  const c = job.checkpoints;
  const mark = [job.attempt, c.completed, c.failed, c["in-progress"], c["last-savepoint"]?.id, job.restored?.time].join();
  // A checkpoint that is on its way gets on without a change of the counts.
  const { data, error } = useFetched<CheckpointList>(`jobs/${job["job-id"]}/checkpoints`, c["in-progress"] ? mark + job.now : mark);
  const [open, turn] = useOpen();
  const history = useHeld(data?.history ?? [], open.size > 0);
  return (
    <Section id="checkpoints" title="Checkpoints" aside={interval(job)}>
      <div class="card">
        <dl class="facts counts">
          <Count name="Completed" value={c.completed} />
          <Count name="Failed" value={c.failed} />
          <Count name="In progress" value={c["in-progress"]} />
          <Count name="Restored" value={data?.counts.restored ?? 0} />
        </dl>
        <dl class="latest">
          <Latest name="Latest completed" entry={data?.latest.completed} />
          <Latest name="Latest savepoint" entry={data?.latest.savepoint} />
          <Latest name="Latest failed" entry={data?.latest.failed} />
          <Restore entry={data?.latest.restored} />
        </dl>
        {history.length > 0 && (
          <Table label="History of checkpoints" class="history">
            <Head columns={columns} />
            <tbody>
              {history.map((entry) => (
                <Fragment key={entry.id}>
                  <EntryRow entry={entry} open={open.has(String(entry.id))} turn={() => turn(String(entry.id))} />
                  {open.has(String(entry.id)) && (
                    <tr class="inset">
                      <td colSpan={columns.length}>
                        <Details job={job} entry={entry} />
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </Table>
        )}
        {open.size > 0 && <p class="hint">No newer ones are added to the list while one is open.</p>}
        {data?.history.length === 0 && <NoCheckpoints job={job} />}
        {!data && <Empty>{error ? "The history cannot be read: " + error : "Reading the history…"}</Empty>}
      </div>
    </Section>
  );
}

/**
 * The history, or while it is held the same checkpoints with their latest
 * news: what one reads must not move away.
 */
function useHeld(history: CheckpointEntry[], held: boolean): CheckpointEntry[] {
  const before = useRef(history);
  before.current = held ? before.current.map((old) => history.find((entry) => entry.id === old.id) ?? old) : history;
  return before.current;
}

function interval(job: Job): string {
  const { interval: every, dir } = job.checkpoints;
  return every > 0 ? `every ${duration(every)}${dir && " to " + dir}` : "none are taken by themselves";
}

function NoCheckpoints({ job }: { job: Job }) {
  if (job.checkpoints.interval > 0) return <Empty>None yet: the first is taken when all tasks run.</Empty>;
  return (
    <Empty>
      None are taken: after a failure the job begins from nothing. Give it an interval in its program, or with{" "}
      <code>-D execution.checkpointing.interval=10s</code>.
    </Empty>
  );
}

function Count({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{exact(value)}</dd>
    </div>
  );
}

function Latest({ name, entry }: { name: string; entry: CheckpointEntry | null | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {entry ? (
          <>
            <b>{entry.id}</b> <Time at={entry.status === "FAILED" ? (entry.failure_timestamp ?? -1) : entry.latest_ack_timestamp} />
            {entry.external_path && <Copy text={entry.external_path} />}
            {entry.failure_message && <p class="why">{entry.failure_message}</p>}
          </>
        ) : (
          <span class="muted">none</span>
        )}
      </dd>
    </div>
  );
}

function Restore({ entry }: { entry: RestoredEntry | null | undefined }) {
  return (
    <div>
      <dt>Restored from</dt>
      <dd>
        {entry ? (
          <>
            <b>{entry.id}</b> <Time at={entry.restore_timestamp} />
            <Copy text={entry.external_path} />
            {entry.local_bytes > 0 && (
              <p>
                {bytes(entry.local_bytes)} of it from the workers&rsquo; own disks, {bytes(entry.remote_bytes)} from the file system
              </p>
            )}
          </>
        ) : (
          <span class="muted">nothing</span>
        )}
      </dd>
    </div>
  );
}

function EntryRow({ entry, open, turn }: { entry: CheckpointEntry; open: boolean; turn: () => void }) {
  return (
    <Row columns={columns} class="parent">
      <th scope="row">
        <Opener open={open} turn={turn}>
          {entry.id}
        </Opener>
      </th>
      <td>{snapshotKind(entry.checkpoint_type, entry.is_savepoint)}</td>
      <td>
        <State state={entry.status} />
      </td>
      <td>
        <Time at={entry.trigger_timestamp} />
      </td>
      <td class="n">{duration(entry.end_to_end_duration)}</td>
      <td class="n">{bytes(entry.checkpointed_size)}</td>
      <td class="n">
        {entry.num_acknowledged_subtasks} <span class="muted">of {entry.num_subtasks}</span>
      </td>
      <td class="wide">
        {entry.discarded ? (
          <span class="muted">deleted: newer ones are retained</span>
        ) : entry.external_path ? (
          <Copy text={entry.external_path} shown={lastPart(entry.external_path)} />
        ) : (
          entry.failure_message && <span class="why">{entry.failure_message}</span>
        )}
      </td>
    </Row>
  );
}
