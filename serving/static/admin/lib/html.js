// Markup, hooks and signals from one place, so that a component has one import for what it is made of.

import htm from "../vendor/htm.js";
import { Fragment, createContext, h, render } from "../vendor/preact.js";
export { useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
export { batch, computed, effect, signal, useComputed, useSignal, useSignalEffect } from "../vendor/signals.js";
export { Fragment, createContext, h, render };

/** Markup as a template literal; every value in it is text or an element, never HTML. */
export const html = htm.bind(h);
