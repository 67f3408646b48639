import { useState } from "preact/hooks";
import type { JobConfig, Setting } from "../flink";
import { useFetched } from "../hooks";
import type { Job } from "../wire";
import { type Column, Empty, Head, Section, Table } from "./parts";

const columns: Column[] = [{ name: "Key" }, { name: "Value" }];

/** The settings that the master works with. */
export function Configuration({ job }: { job: Job }) {
  const { data, error } = useFetched<Setting[]>("jobmanager/config", String(job.attempt));
  const { data: config } = useFetched<JobConfig>(`jobs/${job["job-id"]}/config`, String(job.attempt));
  const [search, setSearch] = useState("");
  const [all, setAll] = useState(false);
  const made = config?.["execution-config"]["user-config"] ?? {};
  const word = search.trim().toLowerCase();
  const shown = (data ?? []).filter(({ key, value }) =>
    word ? key.toLowerCase().includes(word) || value.toLowerCase().includes(word) : all || key in made,
  );
  return (
    <Section id="configuration" title="Configuration" aside={config?.["execution-config"]["restart-strategy"]}>
      <div class="card">
        <div class="controls">
          <input
            type="search"
            placeholder="Find a key or a value"
            aria-label="Find a key or a value"
            value={search}
            onInput={(e) => setSearch(e.currentTarget.value)}
          />
          <label>
            <input type="checkbox" checked={all} onChange={(e) => setAll(e.currentTarget.checked)} /> with defaults
          </label>
        </div>
        {shown.length > 0 ? (
          <Table label="Settings" class="settings">
            <Head columns={columns} />
            <tbody>
              {shown.map(({ key, value }) => (
                <tr key={key} class={key in made ? "made" : ""}>
                  <th scope="row">{key}</th>
                  <td>{value || <span class="muted">not set</span>}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        ) : (
          <Empty>{none(data !== null, error, word)}</Empty>
        )}
      </div>
    </Section>
  );
}

function none(read: boolean, error: string, word: string): string {
  if (error) return "The settings cannot be read: " + error;
  if (!read) return "Reading the settings…";
  return word ? `No setting has “${word}” in its key or value.` : "Nothing is set: everything is as by default. Tick “with defaults” to see it.";
}
