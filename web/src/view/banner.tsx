import { clock, long } from "../format";
import type { Live } from "../live";
import type { Job } from "../wire";
import { applicationPage } from "../yarn";
import { Copy, Out } from "./parts";

/** What the page has to say about itself. It lies over the page's foot, so that nothing moves. */
export function Banner({ live, job }: { live: Live; job: Job }) {
  const text = message(live, job);
  return (
    <div class={"banner " + (text ? (job.ended ? "ended" : live.link) : "none")} role="status">
      {text}
    </div>
  );
}

function message(live: Live, job: Job) {
  const yarn = applicationPage();
  const page = yarn && (
    <>
      {" "}
      <Out href={yarn}>The application in YARN</Out>.
    </>
  );
  if (job.ended) {
    return (
      <>
        <p>
          <b>The job has ended: {job.state}</b>
          {job["ended-at"] > 0 && <> at {clock(job["ended-at"])}</>}.{" "}
          {live.link === "gone" ? "Its master is gone; this is what it said last." : "Its master ends in a moment; this page stays as it is."}
          {page}
        </p>
        <Copy text={"weft checkpoints " + job["job-id"]} />
      </>
    );
  }
  if (live.link === "lost") {
    return (
      <>
        <p>
          <b>The application master does not answer</b> since {long(Date.now() - live.heard)} ({live.trouble}). The figures are of{" "}
          {clock(live.heard)}; the page goes on trying.{page}
        </p>
        <Copy text={job.target === "yarn" ? `yarn application -status ${job["application-id"]}` : "weft list"} />
      </>
    );
  }
  if (live.link === "recovering") {
    return (
      <p>
        <b>A new application master is taking over.</b> The figures are of {clock(live.heard)}.
      </p>
    );
  }
  return null;
}

/** The whole page before the first news of a job. */
export function Waiting({ live }: { live: Live | null }) {
  const yarn = applicationPage();
  const lost = live?.link === "lost";
  return (
    <main class="waiting" aria-live="polite">
      <h1>{lost ? "No application master here" : "Weft"}</h1>
      {!lost && <p>{live?.link === "recovering" ? "The master is finding out about the job…" : "Asking the application master…"}</p>}
      {lost && (
        <>
          <p>
            None answers below <code>{document.baseURI}</code>. Either it is still starting, which takes seconds, or the application has
            ended. The page goes on trying. <span class="muted">({live.trouble})</span>
          </p>
          {yarn && (
            <p>
              How it stands with it: <Out href={yarn}>the application in YARN</Out>
            </p>
          )}
          <dl class="commands">
            <div>
              <dt>Jobs that run</dt>
              <dd>
                <Copy text="weft list" />
              </dd>
            </div>
            <div>
              <dt>Jobs that have ended, too</dt>
              <dd>
                <Copy text="weft list -a" />
              </dd>
            </div>
          </dl>
        </>
      )}
    </main>
  );
}
