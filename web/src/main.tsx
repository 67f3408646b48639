import { render } from "preact";
import "./style/base.css";
import "./style/parts.css";
import "./style/overview.css";
import "./style/graph.css";
import "./style/tables.css";
import { App } from "./view/app";

render(<App />, document.getElementById("page")!);
