// Data of a component: loaded when its inputs change, aborted when it goes, shown again after a failure.

import { useCallback, useEffect, useRef, useSignalEffect, useState } from "./html.js";
import { signedOut } from "./http.js";

const AGAIN_MS = 5000;

/**
 * Load with `fetcher(abortSignal)` whenever `inputs` change, and again while the server is away. Gives
 * `{data, error, isLoading, reload, set}`; while it loads again the former data stays.
 */
export function useLoad(fetcher, inputs) {
  const [state, setState] = useState({ data: undefined, error: null, isLoading: true });
  const latest = useRef(null);
  const load = (isQuiet) => {
    latest.current?.abort();
    const abort = new AbortController();
    latest.current = abort;
    if (!isQuiet) setState((before) => ({ ...before, error: null, isLoading: true }));
    return fetcher(abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setState({ data, error: null, isLoading: false });
      },
      (error) => {
        if (!abort.signal.aborted) setState((before) => ({ ...before, error, isLoading: false }));
      },
    );
  };
  const reload = useCallback(() => load(false), inputs);
  useEffect(() => {
    if (!state.error?.isTemporary) return undefined;
    // the server is away: what says so goes once it is back
    const timer = setTimeout(() => load(true), AGAIN_MS);
    return () => clearTimeout(timer);
  }, [state.error]);
  useEffect(() => {
    setState({ data: undefined, error: null, isLoading: true });
    reload();
    return () => latest.current?.abort();
  }, inputs);
  const latestReload = useRef(reload);
  latestReload.current = reload;
  const failed = useRef(null);
  failed.current = state.error;
  useSignalEffect(() => {
    if (!signedOut.value && failed.current?.status === 401) latestReload.current();
  });
  const set = useCallback((change) => {
    setState((before) => ({ ...before, data: typeof change === "function" ? change(before.data) : change }));
  }, []);
  return { ...state, reload, set };
}

/**
 * As `useLoad`, for a list whose beginning comes before the rest: `fetcher(onSome, abortSignal)`. `data` is that beginning
 * until all is there; until then `isPart`.
 */
export function useGrowing(fetcher, inputs) {
  const [part, setPart] = useState(undefined);
  const load = useLoad((abort) => {
    setPart(undefined);
    return fetcher((items) => { if (!abort.aborted) setPart(items); }, abort);
  }, inputs);
  return { ...load, data: load.data ?? part, isPart: load.data === undefined };
}

/** A list that comes in pages: `{items, hasMore, more, error, isLoading, reload}`. `fetchPage(cursor, abortSignal)`. */
export function usePages(fetchPage, inputs) {
  const first = useLoad((abort) => fetchPage(null, abort), inputs);
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [error, setError] = useState(null);
  const more = useCallback(async () => {
    const next = first.data?.next;
    if (!next || isLoadingMore) return;
    setLoadingMore(true);
    setError(null);
    try {
      const page = await fetchPage(next);
      // after a reload the list is another one, and this page is not its second
      first.set((before) => (before?.next === next ? { ...page, items: [...before.items, ...page.items] } : before));
    } catch (failed) {
      setError(failed);
    } finally {
      setLoadingMore(false);
    }
  }, [first.data, isLoadingMore, ...inputs]);
  return {
    items: first.data?.items, hasMore: Boolean(first.data?.next), more, set: first.set, reload: first.reload,
    error: first.error || error, isLoading: first.isLoading || isLoadingMore,
  };
}

/** The value, `ms` after it last changed: for searching while somebody types. */
export function useDelayed(value, ms = 250) {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return late;
}

/** Do something for a press: `{run, isBusy, error, clear}`; a second press while it runs does nothing. */
export function useAction(act) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const running = useRef(false);
  useSignalEffect(() => {
    // signed in again: what the refusal said is no longer true
    if (!signedOut.value) setError((before) => (before?.status === 401 ? null : before));
  });
  const run = async (...given) => {
    if (running.current) return undefined;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      return await act(...given);
    } catch (failed) {
      setError(failed);
      return undefined;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { run, isBusy, error, clear: () => setError(null) };
}
