import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Follower, read, type Live } from "./live";

/** Follows the job; null before the first news. */
export function useLive(): Live | null {
  const [live, setLive] = useState<Live | null>(null);
  useEffect(() => {
    const follower = new Follower(setLive);
    follower.start();
    return () => follower.stop();
  }, []);
  return live;
}

/** Draws again every second while somebody looks: times tick. */
export function useSeconds() {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || setTick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
}

export interface Fetched<T> {
  data: T | null; // the last answer, kept while the next is on its way
  error: string;
}

/** Reads a path, and again whenever the mark changes; a path of null reads nothing. */
export function useFetched<T>(path: string | null, mark: string): Fetched<T> {
  const [state, setState] = useState<Fetched<T> & { path: string | null }>({ data: null, error: "", path });
  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    read<T>(path, abort.signal).then(
      (data) => setState({ data, error: "", path }),
      (error: Error) => abort.signal.aborted || setState((s) => ({ ...s, error: error.message, path })),
    );
    return () => abort.abort();
  }, [path, mark]);
  return state.path === path ? state : { data: null, error: "" };
}

/** The width of an element in pixels, 0 before it is known. */
export function useWidth<T extends HTMLElement>(): [RefObject<T | null>, number] {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** A set of keys that are open, and a way to turn one. */
export function useOpen(): [ReadonlySet<string>, (key: string) => void, (keys: Iterable<string>) => void] {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const turn = (key: string) =>
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  return [open, turn, (keys) => setOpen(new Set(keys))];
}
