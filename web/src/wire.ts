// Written by `go test ./web -run Wire -update` from the Go package appmaster/api,
// which says what each field means. Do not edit.

export interface Job {
  version: number;
  now: number;
  "weft-version": string;
  "application-id": string;
  "job-id": string;
  name: string;
  user: string;
  target: string;
  attempt: number;
  "master-started": number;
  master: Process;
  state: string;
  ended: boolean;
  detail: string;
  started: number;
  "ended-at": number;
  "state-since": number;
  parallelism: number;
  "max-parallelism": number;
  "slots-total": number;
  "slots-free": number;
  "workers-wanted": number;
  tasks: TaskCounts;
  restarts: number;
  epoch: number;
  rates: Rates;
  "records-read": number;
  "records-written": number;
  failure: Failure | null;
  restored: Restored | null;
  checkpoints: Checkpoints;
  workers: Worker[];
  operations: Operation[];
  vertices: Vertex[];
  edges: Edge[];
  warnings: string[];
}

export interface Process {
  address: string;
  pid: number;
  memory: number;
  resident: number;
  "log-url": string;
}

export interface TaskCounts {
  total: number;
  created: number;
  deploying: number;
  initializing: number;
  running: number;
  finished: number;
  canceling: number;
  canceled: number;
  failed: number;
}

export interface Rates {
  "records-read": number;
  "records-written": number;
}

export interface Failure {
  time: number;
  message: string;
  location: string;
  stack: string;
  task: string;
  worker: string;
}

export interface Restored {
  path: string;
  checkpoint: number;
  savepoint: boolean;
  time: number;
  local: number;
  remote: number;
}

export interface Checkpoints {
  dir: string;
  interval: number;
  completed: number;
  failed: number;
  "in-progress": number;
  last: Checkpoint | null;
  "last-savepoint": Checkpoint | null;
  "last-failed": Checkpoint | null;
  warning: string;
}

export interface Worker {
  id: string;
  state: string;
  host: string;
  "data-addr": string;
  pid: number;
  slots: number;
  "free-slots": number;
  memory: number;
  resident: number;
  "last-heard": number;
  "log-url": string;
  stdout: string;
  log: string;
  file: string;
}

export interface Operation {
  id: string;
  kind: string;
  state: string;
  directory: string;
  drain: boolean;
  parallelism: number;
  checkpoint: number;
  path: string;
  error: string;
  asked: number;
  ended: number;
}

export interface Vertex {
  id: string;
  name: string;
  parallelism: number;
  "max-parallelism": number;
  state: string;
  operators: Operator[];
  subtasks: Subtask[];
}

export interface Edge {
  from: string;
  to: string;
  ship: string;
}

export interface Checkpoint {
  id: number;
  savepoint: boolean;
  state: string;
  path: string;
  triggered: number;
  completed: number;
  size: number;
  failure: string;
}

export interface Operator {
  uid: string;
  name: string;
  kind: string;
  location: string;
}

export interface Subtask {
  index: number;
  state: string;
  since: number;
  worker: string;
  host: string;
  "records-in": number;
  "records-out": number;
  "rate-in": number;
  "rate-out": number;
  "bytes-in": number;
  "bytes-out": number;
  busy: number;
  backpressured: number;
  idle: number;
  watermark: number | null;
  "late-records": number;
}
