import { useEffect, useState } from "preact/hooks";
import { useLive, useSeconds } from "../hooks";
import type { Live } from "../live";
import type { Job } from "../wire";
import { Banner, Waiting } from "./banner";
import { Checkpoints } from "./checkpoints";
import { Configuration } from "./configuration";
import { Failures } from "./failures";
import { Graph } from "./graph";
import { Header, TopBar } from "./header";
import { Operations } from "./operations";
import { Summary } from "./summary";
import { Tasks } from "./tasks";
import { Workers } from "./workers";

export function App() {
  const live = useLive();
  useSeconds();
  useTitle(live);
  if (!live?.job) return <Waiting live={live} />;
  // The page of another job, at the same address, starts anew.
  return <Page key={live.job["job-id"]} live={live} job={live.job} />;
}

function Page({ live, job }: { live: Live; job: Job }) {
  // The master's clock, going on since it was heard; it stands still with the
  // figures when no more of them come.
  const now = live.link === "live" && !job.ended ? job.now + (Date.now() - live.heard) : job.now;
  const [chosen, choose] = useState<{ vertex: string } | null>(null);
  return (
    <>
      <TopBar live={live} job={job} />
      <main id="overview" class={live.link === "lost" || live.link === "recovering" ? "stale" : ""}>
        <Header job={job} now={now} />
        <Summary job={job} samples={live.samples} now={now} />
        <Graph job={job} choose={(vertex) => choose({ vertex })} />
        <Tasks job={job} chosen={chosen} />
        <Workers job={job} now={now} />
        <Checkpoints job={job} />
        <Operations job={job} now={now} />
        <Failures job={job} now={now} />
        <Configuration job={job} />
      </main>
      <footer>
        Weft {job["weft-version"]} · application master {job.master.address} · this page only reads
      </footer>
      <Banner live={live} job={job} />
    </>
  );
}

function useTitle(live: Live | null) {
  const job = live?.job;
  const title = job ? `${job.name} · ${live.link === "lost" ? "no answer" : job.state}` : "Weft";
  useEffect(() => {
    document.title = title;
  }, [title]);
}
