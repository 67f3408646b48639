import { Graph, layout } from "@dagrejs/dagre";
import type { Job, Vertex } from "./wire";

/** Where everything of a job graph lies, in pixels. */
export interface Plan {
  width: number;
  height: number;
  nodes: { vertex: number; x: number; y: number; height: number }[]; // the upper left corner
  edges: { edge: number; path: string; x: number; y: number }[]; // the label's middle
}

export const boxWidth = 248;
export const operatorsShown = 5;

const operatorHeight = 21;
const restHeight = 132; // of a box, without its list of operators

export function boxHeight(vertex: Vertex): number {
  const lines = Math.min(vertex.operators.length, operatorsShown) + (vertex.operators.length > operatorsShown ? 1 : 0);
  return restHeight + lines * operatorHeight;
}

/** Lays a job graph out, left to right or, where there is no room for that, downwards. */
export function plan(job: Job, downwards: boolean): Plan {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({
    rankdir: downwards ? "TB" : "LR",
    nodesep: 28,
    edgesep: 24,
    ranksep: downwards ? 28 : 36,
    marginx: 2,
    marginy: 4,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const vertex of job.vertices) graph.setNode(vertex.id, { width: boxWidth, height: boxHeight(vertex) });
  job.edges.forEach((edge, i) => {
    graph.setEdge(edge.from, edge.to, { width: edge.ship.length * 7.5 + 14, height: 22, labelpos: "c" }, String(i));
  });
  layout(graph);
  const size = graph.graph() as { width?: number; height?: number };
  return {
    width: Math.ceil(size.width ?? 0),
    height: Math.ceil(size.height ?? 0),
    nodes: job.vertices.map((vertex, i) => {
      const { x, y, height } = graph.node(vertex.id) as Box;
      return { vertex: i, x: x - boxWidth / 2, y: y - height / 2, height };
    }),
    edges: job.edges.map((edge, i) => {
      const laid = graph.edge(edge.from, edge.to, String(i)) as { points: Point[]; x?: number; y?: number };
      const middle = laid.points[Math.floor(laid.points.length / 2)]!;
      const from = graph.node(edge.from) as Box;
      const to = graph.node(edge.to) as Box;
      return { edge: i, path: curve(attach(laid.points, from, to, downwards)), x: laid.x ?? middle.x, y: laid.y ?? middle.y };
    }),
  };
}

interface Point {
  x: number;
  y: number;
}

/** A vertex's place: its middle, and its height. */
interface Box extends Point {
  height: number;
}

const straight = 20; // how far a line leaves and meets a box at a right angle

/** Moves a line's ends from wherever they meet the boxes to the middles of the sides. */
function attach(points: Point[], from: Box, to: Box, downwards: boolean): Point[] {
  const inner = points.slice(1, -1);
  const [dx, dy] = downwards ? [0, 1] : [1, 0];
  const leave = { x: from.x + (dx * boxWidth) / 2, y: from.y + (dy * from.height) / 2 };
  const meet = { x: to.x - (dx * boxWidth) / 2, y: to.y - (dy * to.height) / 2 };
  return [
    leave,
    { x: leave.x + dx * straight, y: leave.y + dy * straight },
    ...inner,
    { x: meet.x - dx * straight, y: meet.y - dy * straight },
    meet,
  ];
}

/** A smooth line that bends at the points, through the middles between them. */
function curve(points: Point[]): string {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (!first || !last) return "";
  let path = `M${at(first)}`;
  rest.forEach((point, i) => {
    const next = rest[i + 1];
    path += `Q${at(point)} ${at(next ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : last)}`;
  });
  return rest.length > 0 ? path : path + `L${at(last)}`;
}

function at(p: Point): string {
  return `${p.x.toFixed(1)},${p.y.toFixed(1)}`;
}
