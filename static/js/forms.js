/* Small helps for every page: one submit per click, focus on the error summary,
   counters, menus that close, print buttons. Every page works without them. */
"use strict";

(() => {
  const english = document.documentElement.lang === "en";
  const BUSY_MILLISECONDS = 8000;

  // One click, one request: a second submit of the same form is dropped while the first
  // is on its way. The server refuses repeats as well; this only spares the person.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.target === "_blank") return;
    if (form.dataset.submitting) {
      event.preventDefault();
      return;
    }
    form.dataset.submitting = "1";
    const button = event.submitter;
    // Later: a button disabled now would take its own name and value out of the request.
    setTimeout(() => setBusy(button, true), 0);
    setTimeout(() => release(form, button), BUSY_MILLISECONDS);
  });

  // Back from the browser's page cache: everything can be pressed again.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-submitting]").forEach((form) => release(form));
    document.querySelectorAll("[data-busy]").forEach((button) => setBusy(button, false));
  });

  function release(form, button) {
    delete form.dataset.submitting;
    setBusy(button, false);
  }

  function setBusy(button, busy) {
    if (!button) return;
    button.disabled = busy;
    button.toggleAttribute("data-busy", busy);
  }

  const summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();

  // The link of an error leads to the field itself, with its label in view.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-error-summary] a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (field) {
      event.preventDefault();
      field.closest(".field, .fieldset")?.scrollIntoView({ block: "start" });
      field.focus({ preventScroll: true });
    }
    if (event.target.closest("[data-print]")) window.print();
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // How many characters are left, for a textarea with data-count and maxlength.
  function addCounters(root) {
    root.querySelectorAll("textarea[data-count][maxlength]").forEach((area) => {
      if (area.dataset.count === "on") return;
      area.dataset.count = "on";
      const counter = document.createElement("p");
      counter.className = "counter num";
      area.after(counter);
      const show = () => {
        const left = area.maxLength - area.value.length;
        counter.textContent = english ? `${left} characters left` : `还可以填写 ${left} 字`;
      };
      area.addEventListener("input", show);
      show();
    });
  }
  addCounters(document);
  document.addEventListener("htmx:load", (event) => addCounters(event.detail.elt));
})();
