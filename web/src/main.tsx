import { render } from "preact";
import "./style/base.css";
import "./style/parts.css";
import "./style/sections.css";
import { App } from "./view/app";

render(<App />, document.getElementById("page")!);
