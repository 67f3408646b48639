// The shapes of the read paths that the master answers as Flink 1.20 does, as
// far as the page uses them. Times are milliseconds since the epoch, -1 for
// "not yet"; durations are milliseconds; sizes are bytes.

export interface CheckpointEntry {
  id: number;
  status: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  is_savepoint: boolean;
  checkpoint_type: string;
  trigger_timestamp: number;
  latest_ack_timestamp: number;
  end_to_end_duration: number;
  checkpointed_size: number;
  num_subtasks: number;
  num_acknowledged_subtasks: number;
  external_path?: string;
  discarded?: boolean;
  failure_timestamp?: number;
  failure_message?: string;
}

export interface RestoredEntry {
  id: number;
  restore_timestamp: number;
  is_savepoint: boolean;
  external_path: string;
  local_bytes: number;
  remote_bytes: number;
}

export interface CheckpointList {
  counts: { restored: number; total: number; in_progress: number; completed: number; failed: number };
  latest: {
    completed: CheckpointEntry | null;
    savepoint: CheckpointEntry | null;
    failed: CheckpointEntry | null;
    restored: RestoredEntry | null;
  };
  history: CheckpointEntry[];
}

export interface VertexPart {
  status: string;
  latest_ack_timestamp: number;
  end_to_end_duration: number;
  checkpointed_size: number;
  num_subtasks: number;
  num_acknowledged_subtasks: number;
}

export interface CheckpointDetails extends CheckpointEntry {
  tasks: Record<string, VertexPart>;
}

export interface SubtaskPart {
  index: number;
  status: string;
  ack_timestamp?: number;
  end_to_end_duration?: number;
  checkpointed_size?: number;
  checkpoint?: { sync: number; async: number };
  alignment?: { duration: number };
  start_delay?: number;
}

export interface VertexDetails {
  subtasks: SubtaskPart[];
}

export interface ExceptionEntry {
  exceptionName: string;
  stacktrace: string;
  timestamp: number;
  taskName: string | null;
  endpoint: string | null;
  taskManagerId: string | null;
  concurrentExceptions: ExceptionEntry[];
}

export interface Exceptions {
  exceptionHistory: { entries: ExceptionEntry[]; truncated: boolean };
}

export interface Setting {
  key: string;
  value: string;
}

export interface JobConfig {
  "execution-config": { "restart-strategy": string; "user-config": Record<string, string> };
}
