// The admin pages begin here.

import { html, render } from "./lib/html.js";
import { Shell } from "./parts/shell.js";

render(html`<${Shell} />`, document.getElementById("app"));
