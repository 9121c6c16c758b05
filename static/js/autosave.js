/* Saves <form data-autosave="URL"> while one types, and never loses what was typed.

   POSTs the form (without files) to the URL with "X-Autosave: 1". Answers understood:
   200 {"saved_at": "10:32", "version": "7"}   saved; version goes into input[name=version];
       "errors": {"field": ["…"]} are shown beside the fields, "note" after the time (both optional)
   4xx {"error": "…"}                           not saved: the message is shown, no retry
   redirect, 401 or 403                         signed out: what was typed stays on this machine
   anything else, or no answer                  tried again, at growing intervals
   Unsaved text is kept in localStorage under the person (body[data-user]) and the form
   (data-autosave-key, or the page's path), and offered again on the next visit.
   Inputs with data-private and passwords are never kept. */
"use strict";

(() => {
  const PREFIX = "zhicheng:draft:";
  const QUIET_MILLISECONDS = 1500;
  const RETRY_SECONDS = [2, 5, 10, 20, 40, 60];
  const KEEP_DAYS = 7;
  const KEEPALIVE_BYTES = 60000;
  const user = document.body.dataset.user;
  const english = document.documentElement.lang === "en";
  const say = english
    ? {
        saving: "Saving…",
        saved: (time) => `Saved ${time}`,
        retrying: "Not saved yet, trying again…",
        offline: "No network. What you type is kept on this device and saved later.",
        signedOut: "You have been signed out. What you typed is kept on this device; sign in again to continue.",
        refused: "Not saved. Please reload the page and check.",
        found: (time) => `There is text from ${time} that was not saved.`,
        restore: "Restore unsaved text",
        discard: "Discard it",
      }
    : {
        saving: "正在保存…",
        saved: (time) => `已保存 ${time}`,
        retrying: "未保存，正在重试…",
        offline: "网络已断开。内容暂存在本机，联网后自动保存。",
        signedOut: "登录已失效。内容已暂存在本机，重新登录后可以恢复。",
        refused: "未能保存，请刷新页面核对。",
        found: (time) => `发现 ${time} 填写后没有保存成功的内容。`,
        restore: "恢复未保存的内容",
        discard: "不需要",
      };

  const store = {
    get(key) {
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch {
        return null;
      }
    },
    set(key, value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        // Full or forbidden: the server's copy is the one that counts.
      }
    },
    remove(key) {
      try {
        localStorage.removeItem(key);
      } catch {
        // As above.
      }
    },
    keys() {
      try {
        return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
      } catch {
        return [];
      }
    },
  };

  const clockTime = (date) =>
    `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;

  class Autosave {
    constructor(form) {
      this.form = form;
      this.key = `${PREFIX}${user || "-"}:${form.dataset.autosaveKey || location.pathname}`;
      this.failures = 0;
      this.changes = 0; // counts edits, so that an answer knows whether it is still the newest
      this.savedChanges = 0;
      this.isStopped = false;
      this.isSubmitting = false;
      this.state = form.querySelector("[data-save-state]") || this.addState();
      this.state.classList.add("save-state");
      this.live = document.createElement("p");
      this.live.className = "visually-hidden";
      this.live.setAttribute("role", "status");
      form.append(this.live);
      form.addEventListener("input", (event) => this.onInput(event));
      form.addEventListener("change", (event) => this.onInput(event));
      form.addEventListener("submit", () => this.onSubmit());
      window.addEventListener("beforeunload", (event) => {
        if (this.isDirty && !this.isSubmitting) event.preventDefault();
      });
      window.addEventListener("pageshow", () => (this.isSubmitting = false));
      window.addEventListener("online", () => this.isDirty && this.save());
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "hidden" && this.isDirty) this.save();
      });
      this.offerDraft();
    }

    addState() {
      const state = document.createElement("p");
      this.form.append(state);
      return state;
    }

    get isDirty() {
      return this.changes > this.savedChanges;
    }

    entries(isForDraft) {
      const entries = [];
      for (const [name, value] of new FormData(this.form)) {
        if (typeof value !== "string") continue;
        if (isForDraft && (name === "csrfmiddlewaretoken" || name === "version")) continue;
        if (isForDraft && this.isPrivate(name)) continue;
        entries.push([name, value]);
      }
      return entries;
    }

    isPrivate(name) {
      const control = this.form.elements.namedItem(name);
      return control && (control.type === "password" || control.dataset?.private !== undefined);
    }

    onInput(event) {
      if (event.target.type === "file" || !event.target.name) return;
      this.changes += 1;
      store.set(this.key, { at: Date.now(), entries: this.entries(true) });
      this.schedule(QUIET_MILLISECONDS);
    }

    onSubmit() {
      this.isSubmitting = true;
      clearTimeout(this.timer);
      if (this.isDirty) sessionStorage.setItem(`${PREFIX}submitted`, this.key);
    }

    schedule(milliseconds) {
      clearTimeout(this.timer);
      if (!this.isStopped) this.timer = setTimeout(() => this.save(), milliseconds);
    }

    async save() {
      if (this.isSaving || this.isSubmitting || this.isStopped) return;
      clearTimeout(this.timer);
      this.isSaving = true;
      const sent = this.changes;
      if (!this.failures) this.show("saving", say.saving);
      try {
        const body = new URLSearchParams(this.entries(false));
        const response = await fetch(this.form.dataset.autosave, {
          method: "POST",
          body,
          headers: { "X-Autosave": "1", "X-CSRFToken": this.token, Accept: "application/json" },
          credentials: "same-origin",
          redirect: "manual",
          keepalive: body.toString().length < KEEPALIVE_BYTES,
        });
        await this.onAnswer(response, sent);
      } catch {
        this.onFailure(navigator.onLine ? say.retrying : say.offline);
      } finally {
        this.isSaving = false;
      }
      if (!this.failures && this.isDirty) this.schedule(QUIET_MILLISECONDS);
    }

    get token() {
      return this.form.elements.namedItem("csrfmiddlewaretoken")?.value || "";
    }

    async onAnswer(response, sent) {
      if (response.type === "opaqueredirect" || [401, 403].includes(response.status)) {
        this.stop(say.signedOut);
      } else if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        const answer = await response.json().catch(() => ({}));
        this.stop(answer.error || say.refused);
      } else if (!response.ok) {
        this.onFailure(say.retrying);
      } else {
        this.onSaved(await response.json(), sent);
      }
    }

    onSaved(answer, sent) {
      const wasFailing = this.failures > 0;
      this.failures = 0;
      this.savedChanges = sent;
      const version = this.form.elements.namedItem("version");
      if (version && answer.version !== undefined) version.value = answer.version;
      this.showErrors(answer.errors || {});
      const time = say.saved(answer.saved_at || clockTime(new Date()));
      const text = answer.note ? `${time} · ${answer.note}` : time;
      this.show("saved", text);
      if (wasFailing) this.live.textContent = text;
      if (!this.isDirty) store.remove(this.key);
    }

    // Beside each field what is wrong with it; not where one is typing just now. What the
    // page itself said is missing stays until something is there.
    showErrors(errors) {
      for (const field of this.form.querySelectorAll(".field")) {
        const control = field.querySelector("input[name], select[name], textarea[name]");
        if (!control || field.contains(document.activeElement)) continue;
        const messages = errors[control.name] || [];
        const shown = field.querySelector(".errorlist");
        const isFilled = control.type === "radio" || control.type === "checkbox" || control.value;
        if (!messages.length && shown && !shown.dataset.live && !isFilled) continue;
        shown?.remove();
        field.classList.toggle("field--error", messages.length > 0);
        control.toggleAttribute("aria-invalid", false);
        if (messages.length) this.addErrors(field, control, messages);
      }
    }

    addErrors(field, control, messages) {
      const list = document.createElement("ul");
      list.className = "errorlist";
      list.dataset.live = "1";
      list.id = `id_${control.name}_error`;
      for (const message of messages) {
        const item = document.createElement("li");
        item.textContent = message;
        list.append(item);
      }
      (control.closest(".choices, .choice, .choices--inline") || control).before(list);
      control.setAttribute("aria-invalid", "true");
      const described = new Set((control.getAttribute("aria-describedby") || "").split(" "));
      control.setAttribute("aria-describedby", [...described.add(list.id)].join(" ").trim());
    }

    onFailure(text) {
      const wait = RETRY_SECONDS[Math.min(this.failures, RETRY_SECONDS.length - 1)];
      if (!this.failures) this.live.textContent = text;
      this.failures += 1;
      this.show("failed", text);
      this.schedule(wait * 1000);
    }

    stop(text) {
      this.isStopped = true;
      this.show("failed", text);
      this.live.textContent = text;
    }

    show(state, text) {
      this.state.dataset.state = state;
      this.state.textContent = text;
    }

    offerDraft() {
      const draft = store.get(this.key);
      if (!draft) return;
      const isShown = JSON.stringify(draft.entries) === JSON.stringify(this.entries(true));
      if (isShown) {
        if (!document.querySelector("[data-error-summary]")) store.remove(this.key);
        return;
      }
      const offer = document.createElement("div");
      offer.className = "notice notice--warning";
      offer.setAttribute("role", "status");
      const text = document.createElement("p");
      text.textContent = say.found(new Date(draft.at).toLocaleString(english ? "en" : "zh-CN"));
      const buttons = document.createElement("p");
      buttons.className = "button-group";
      buttons.append(
        this.button(say.restore, "button", () => {
          this.restore(draft.entries);
          offer.remove();
        }),
        this.button(say.discard, "button button--secondary", () => {
          store.remove(this.key);
          offer.remove();
        }),
      );
      offer.append(text, buttons);
      this.form.prepend(offer);
    }

    button(label, className, onClick) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = className;
      button.textContent = label;
      button.addEventListener("click", onClick);
      return button;
    }

    restore(entries) {
      const values = new Map();
      for (const [name, value] of entries) {
        if (!values.has(name)) values.set(name, []);
        values.get(name).push(value);
      }
      for (const control of this.form.elements) {
        if (!control.name || ["hidden", "file", "submit", "button", "password"].includes(control.type)) continue;
        if (this.isPrivate(control.name)) continue;
        const kept = values.get(control.name) || [];
        if (control.type === "checkbox" || control.type === "radio") {
          control.checked = kept.includes(control.value);
        } else if (control.type === "select-multiple") {
          for (const option of control.options) option.selected = kept.includes(option.value);
        } else if (kept.length) {
          control.value = kept.shift();
        }
      }
      this.changes += 1;
      this.save();
      this.form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
    }
  }

  // A submit that led to another page of a signed-in person has arrived: its draft is done with.
  function forgetSubmitted() {
    const key = sessionStorage.getItem(`${PREFIX}submitted`);
    if (!key || !user) return;
    sessionStorage.removeItem(`${PREFIX}submitted`);
    if (!document.querySelector("form[data-autosave]")) store.remove(key);
  }

  function forgetOld() {
    for (const key of store.keys()) {
      const draft = store.get(key);
      if (!draft || Date.now() - draft.at > KEEP_DAYS * 86400000) store.remove(key);
    }
  }

  // On a shared computer nothing stays behind when one signs out.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sign-out]")) store.keys().forEach((key) => store.remove(key));
  });

  forgetSubmitted();
  forgetOld();
  document.querySelectorAll("form[data-autosave]").forEach((form) => new Autosave(form));
})();
