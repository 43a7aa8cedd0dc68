// The admin pages begin here.

import "./lib/double_clicks.js";
import { html, render } from "./lib/html.js";
import { Shell } from "./parts/shell.js";

render(html`<${Shell} />`, document.getElementById("app"));
