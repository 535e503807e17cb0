/** Starts the page. */

import { App } from "./app.js";
import { startType } from "./type_size.js";

startType();
new App();
