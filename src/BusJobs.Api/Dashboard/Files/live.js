// Makes pages live: when the server says that there is something new, the page is asked for again, and the parts marked data-live are put in
// place of the old ones. A part that somebody is in (a field, a selection) is left alone. Without this script pages are whole and still.
(() => {
  "use strict";
  const parts = () => document.querySelectorAll("[data-live]");
  if (!("EventSource" in window) || parts().length === 0) {
    return;
  }

  const isBusy = (part) => {
    const chosen = document.getSelection();
    return part.contains(document.activeElement) || (chosen && !chosen.isCollapsed && part.contains(chosen.anchorNode));
  };

  let asking = false;
  const renew = async () => {
    if (asking || document.hidden) {
      return;
    }

    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of parts()) {
          const other = page.getElementById(part.id);
          if (other && !isBusy(part) && !part.isEqualNode(other)) {
            part.replaceWith(document.adoptNode(other));
          }
        }
      }
    } catch {
      // The server is away for a moment, or the session is over: the page stays as it is.
    } finally {
      asking = false;
    }
  };

  const events = new EventSource("/live");
  events.addEventListener("message", renew);
  document.addEventListener("visibilitychange", renew);
})();
