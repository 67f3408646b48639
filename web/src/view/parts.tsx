import { cloneElement, isValidElement, toChildArray, type ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { bytes, clock, iso, percent, words } from "../format";

type Children = { children?: ComponentChildren };

export function Section({ id, title, aside, children }: { id: string; title: string; aside?: ComponentChildren } & Children) {
  return (
    <section id={id} aria-labelledby={id + "-title"}>
      <div class="section-head">
        <h2 id={id + "-title"}>{title}</h2>
        {aside && <div class="aside">{aside}</div>}
      </div>
      {children}
    </section>
  );
}

/** A state in its colour; the words say it too. */
export function State({ state, children }: { state: string } & Children) {
  return (
    <span class={"state s-" + state.toLowerCase()}>
      {state}
      {children}
    </span>
  );
}

/** What stands in a section that has nothing to show: why, and what to do. */
export function Empty({ children }: Children) {
  return <p class="empty">{children}</p>;
}

/** A table that scrolls inside itself when it is wider than the page. */
export function Table({ label, class: name, children }: { label: string; class: string } & Children) {
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table class={name}>{children}</table>
    </div>
  );
}

export interface Column {
  name: string;
  number?: boolean;
  swatch?: string; // the class of a colour that stands for the column
  hint?: string;
}

export function Head({ columns }: { columns: Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map((c) => (
          <th key={c.name} scope="col" class={c.number ? "n" : ""} title={c.hint}>
            {c.swatch && <i class={"swatch " + c.swatch} />}
            {c.name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/**
 * A row of cells. Each is given its column's name, which a narrow screen shows
 * beside the figure in place of the table's head.
 */
export function Row({ columns, children, ...rest }: { columns: Column[]; id?: string; class?: string } & Children) {
  return (
    <tr {...rest}>
      {toChildArray(children).map((cell, i) => (isValidElement(cell) ? cloneElement(cell, { "data-name": columns[i]?.name }) : cell))}
    </tr>
  );
}

/** The first cell of a row that opens. */
export function Opener({ open, turn, children }: { open: boolean; turn: () => void } & Children) {
  return (
    <button type="button" class="opener" aria-expanded={open} onClick={turn}>
      <span class="chevron" aria-hidden="true" />
      <span class="text">{children}</span>
    </button>
  );
}

/** A share of one as a small bar with its figure. */
export function Meter({ share, kind }: { share: number; kind: "busy" | "held" | "memory" }) {
  return (
    <span class={"meter " + kind}>
      <span class="bar" aria-hidden="true">
        <span style={{ width: percent(Math.min(1, share)).replace(" ", "") }} />
      </span>
      {percent(share)}
    </span>
  );
}

/** Memory of a process against its container's size. */
export function Memory({ resident, size }: { resident: number; size: number }) {
  if (resident < 0 || size <= 0) return <>{bytes(size > 0 ? size : resident)}</>;
  return (
    <span title={percent(resident / size) + " of the container"}>
      {bytes(resident)} <span class="muted">of {bytes(size)}</span>
    </span>
  );
}

export function Time({ at }: { at: number }) {
  const full = iso(at);
  return full ? (
    <time dateTime={full} title={full}>
      {clock(at)}
    </time>
  ) : (
    <>{clock(at)}</>
  );
}

/** A link that leaves the page; what is no web address is shown as text. */
export function Out({ href, children, title }: { href: string; title?: string } & Children) {
  let url: URL | null = null;
  try {
    url = new URL(href, document.baseURI);
  } catch {
    // not an address
  }
  if (!href || !url || !/^https?:$/.test(url.protocol)) return <>{children}</>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" title={title}>
      {children}
    </a>
  );
}

/** A link within the page. A base address must not lead it elsewhere. */
export function Jump({ to, children, class: name }: { to: string; class?: string } & Children) {
  const jump = (event: Event) => {
    event.preventDefault();
    const target = document.getElementById(to);
    target?.scrollIntoView({ behavior: "smooth", block: "start" });
    target?.setAttribute("tabindex", "-1");
    target?.focus({ preventScroll: true });
  };
  return (
    <a href={"#" + to} class={name} onClick={jump}>
      {children}
    </a>
  );
}

/** A text with a button that copies it; shown may be a shorter form of it. */
export function Copy({ text, shown }: { text: string; shown?: string }) {
  const [done, setDone] = useState(false);
  const id = useId();
  const copy = async () => {
    if (await toClipboard(text)) {
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    }
  };
  return (
    <span class="copy">
      <code id={id} title={text}>
        {pieces(shown ?? text)}
      </code>
      <button type="button" onClick={copy} aria-describedby={id}>
        <span aria-live="polite">{done ? "Copied" : "Copy"}</span>
      </button>
    </span>
  );
}

// A path or a command that needs several lines breaks between its parts, never
// at a hyphen: "chk-61" and "-yid" stay whole.
function pieces(text: string) {
  return text.split(/(?<=[/ ])(?![/ ])/).map((part, i) => (
    <span key={i} class="piece">
      {part}
    </span>
  ));
}

// A cluster's pages are mostly plain HTTP, where browsers offer no clipboard;
// the old way through a selection works there.
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "away";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** What kind of snapshot one is. */
export function snapshotKind(type: string, savepoint: boolean): string {
  if (type === "SYNC_SAVEPOINT") return "Savepoint (stop)";
  return words(savepoint ? "SAVEPOINT" : "CHECKPOINT");
}
