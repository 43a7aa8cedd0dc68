// Changing something that others may change too: nothing is written over unseen, nothing typed is lost.

import { useCallback, useEffect, useRef, useState } from "./html.js";
import { getForEdit, patch, put } from "./http.js";
import { useAction, useLoad } from "./load.js";
import { guardLeaving } from "./router.js";

const forms = new Set();

function askBeforeLeaving() {
  return [...forms].some((form) => form.isChanged()) ? "What you changed here is not saved. Leave all the same?" : null;
}

/**
 * A form over the resource at `where`. `fieldsOf(data)` are the fields that can be changed; with `method` `patch` those
 * that were are sent, with `put` all. Gives `{load, fields, set, isChanged, save, isBusy, error, conflict, takeTheirs,
 * keepMine, reset}`; `conflict` has `mine` and `theirs` as fields while somebody else's change is in the way.
 */
export function useEditing(where, { method = "put", fieldsOf = (data) => data, onSaved } = {}) {
  const load = useLoad((abort) => getForEdit(where, { signal: abort }), [where]);
  const changes = useRef({});
  const [, setDrawn] = useState(0);
  const draw = () => setDrawn((n) => n + 1);
  const [conflict, setConflict] = useState(null);
  const base = load.data ? fieldsOf(load.data.data) : null;

  const write = async (etag, under) => {
    const sent = { ...changes.current };
    try {
      const body = method === "patch" ? sent : { ...under, ...sent };
      const saved = await (method === "patch" ? patch : put)(where, body, etag);
      // what was typed while it was saved stays a change
      changes.current = Object.fromEntries(Object.entries(changes.current).filter(([name, value]) => value !== sent[name]));
      setConflict(null);
      load.set(saved);
      onSaved?.(saved.data);
      return true;
    } catch (error) {
      if (error.status !== 412 || !error.current) throw error;
      setConflict({ data: error.current, etag: error.etag, theirs: fieldsOf(error.current), mine: { ...base, ...sent }, changed: Object.keys(sent) });
      return false;
    }
  };
  const saving = useAction(() => write(load.data.etag, base));
  const keeping = useAction(() => write(conflict.etag, conflict.theirs));
  const set = useCallback((name, value) => {
    changes.current = { ...changes.current, [name]: value };
    draw();
  }, []);
  const reset = () => {
    changes.current = {};
    saving.clear();
    draw();
  };
  const takeTheirs = () => {
    load.set({ data: conflict.data, etag: conflict.etag });
    setConflict(null);
    reset();
  };
  const differs = () => base !== null && Object.entries(changes.current).some(([name, value]) => JSON.stringify(value) !== JSON.stringify(base[name]));
  const form = useRef({});
  form.current.isChanged = differs;
  useEffect(() => {
    const own = form.current;
    forms.add(own);
    const release = guardLeaving(askBeforeLeaving);
    return () => {
      forms.delete(own);
      if (forms.size === 0) release();
    };
  }, []);
  return {
    load, fields: base && { ...base, ...changes.current }, set, isChanged: differs(), save: saving.run, isBusy: saving.isBusy || keeping.isBusy,
    error: saving.error || keeping.error, conflict, takeTheirs, keepMine: keeping.run, reset,
  };
}
