import { useMemo } from "preact/hooks";
import { iso, percent, rate, watermark } from "../format";
import { useWidth } from "../hooks";
import { boxWidth, operatorsShown, plan } from "../layout";
import { totals } from "../totals";
import type { Job, Vertex } from "../wire";
import { Empty, Section, State } from "./parts";

const narrow = 560;
const around = 42; // pixels beside the graph
const smallest = 0.65; // what is wider still is scrolled

/** The job graph. A box leads to its tasks. */
export function Graph({ job, choose }: { job: Job; choose: (vertex: string) => void }) {
  const [box, width] = useWidth<HTMLDivElement>();
  const downwards = width > 0 && width < narrow;
  // The plan never changes while a job lives, but for rescaling in a restart.
  const shape = job.vertices.map((v) => v.id + v.operators.length).join() + job.edges.length + downwards;
  const laid = useMemo(() => plan(job, downwards), [shape]);
  const scale = downwards ? 1 : Math.min(1, Math.max(smallest, (width - around) / laid.width));
  return (
    <Section id="graph" title="Job graph" aside={<Legend />}>
      <div class="card graph" ref={box}>
        {job.vertices.length === 0 && <Empty>The master has not read the job's plan yet.</Empty>}
        <div class="scroll" role="region" aria-label="Job graph" tabIndex={0}>
          <div class="canvas" style={{ width: `${laid.width}px`, height: `${laid.height}px`, zoom: scale }}>
            <svg width={laid.width} height={laid.height} aria-hidden="true">
              <defs>
                <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
                  <path d="M0 0.500L8 4L0 7.500z" />
                </marker>
              </defs>
              {laid.edges.map((e) => (
                <path key={e.edge} class="edge" d={e.path} marker-end="url(#arrow)" />
              ))}
            </svg>
            {laid.nodes.map((n) => (
              <Box
                key={n.vertex}
                vertex={job.vertices[n.vertex]!}
                receives={job.edges.some((e) => e.to === job.vertices[n.vertex]!.id)}
                sends={job.edges.some((e) => e.from === job.vertices[n.vertex]!.id)}
                x={n.x}
                y={n.y}
                height={n.height}
                choose={choose}
              />
            ))}
            {laid.edges.map((e) => (
              <span key={e.edge} class="ship" style={{ left: `${e.x}px`, top: `${e.y}px` }}>
                {job.edges[e.edge]!.ship}
              </span>
            ))}
          </div>
        </div>
      </div>
    </Section>
  );
}

function Legend() {
  return (
    <span class="legend">
      <i class="busy" /> busy <i class="held" /> backpressured <span class="muted">(the highest of a vertex's subtasks)</span>
    </span>
  );
}

interface BoxProps {
  vertex: Vertex;
  receives: boolean;
  sends: boolean;
  x: number;
  y: number;
  height: number;
  choose: (vertex: string) => void;
}

function Box({ vertex, receives, sends, x, y, height, choose }: BoxProps) {
  const t = totals(vertex);
  const more = vertex.operators.length - operatorsShown;
  return (
    <button
      type="button"
      class={"box s-" + vertex.state.toLowerCase()}
      style={{ left: `${x}px`, top: `${y}px`, width: `${boxWidth}px`, height: `${height}px` }}
      onClick={() => choose(vertex.id)}
      title={vertex.name}
    >
      <span class="line">
        <State state={vertex.state} />
        <span class="times" title={`parallelism ${vertex.parallelism}, at most ${vertex["max-parallelism"]}`}>
          ×&#8202;{vertex.parallelism}
        </span>
      </span>
      <span class="operators">
        {vertex.operators.slice(0, operatorsShown).map((o) => (
          <span key={o.uid} title={`${o.kind}, uid ${o.uid}${o.location && ", " + o.location}`}>
            {o.name}
          </span>
        ))}
        {more > 0 && <span class="muted">and {more} more</span>}
      </span>
      <span class="line rates">
        <span title="records received per second">
          <Rate word={receives ? "in" : "read"} value={t.rateIn} />
        </span>
        <span title="records sent per second">{sends && <Rate word="out" value={t.rateOut} />}</span>
      </span>
      <span class="loads">
        <Load kind="busy" share={t.busy} />
        <Load kind="held" share={t.backpressured} />
      </span>
      <span class="line mark" title={t.watermark === null ? "no watermark yet" : iso(t.watermark)}>
        <span class="muted">watermark</span>
        <span>{watermark(t.watermark)}</span>
      </span>
    </button>
  );
}

function Rate({ word, value }: { word: string; value: number }) {
  return (
    <>
      {word} <b>{rate(value)}</b>/s
    </>
  );
}

function Load({ kind, share }: { kind: "busy" | "held"; share: number }) {
  return (
    <span class={"load " + kind}>
      <span class="bar">
        <span style={{ width: `${Math.min(100, share * 100)}%` }} />
      </span>
      {percent(share)}
    </span>
  );
}
