/* Uploads of <form data-upload-url="URL" data-upload-list="id of the list">: several files,
   each with its own row, progress and retry; see templates/components/upload.html.

   Each file is POSTed as "file" with the form's hidden inputs and "X-Upload: 1". Answers:
   201 and one <li>          replaces the row
   4xx {"error": "…"}        is shown in the row; the person chooses another file
   anything else             can be tried again */
"use strict";

(() => {
  const AT_ONCE = 2;
  const english = document.documentElement.lang === "en";
  const say = english
    ? {
        waiting: "Waiting",
        sending: (percent) => `Uploading ${percent}%`,
        checking: "Checking…",
        failed: "The upload broke off.",
        signedOut: "You have been signed out. Sign in again, then upload.",
        retry: "Try again",
        remove: "Remove",
        done: (name) => `${name} uploaded`,
      }
    : {
        waiting: "等待上传",
        sending: (percent) => `正在上传 ${percent}%`,
        checking: "正在检查…",
        failed: "上传中断。",
        signedOut: "登录已失效，请重新登录后再上传。",
        retry: "重试",
        remove: "移除",
        done: (name) => `${name} 上传完成`,
      };

  class Upload {
    constructor(uploader, file) {
      this.uploader = uploader;
      this.file = file;
      this.row = document.createElement("li");
      const name = this.add("span", "upload__name");
      name.textContent = file.name;
      this.state = this.add("span", "upload__state");
      this.actions = this.add("span", "upload__actions");
      this.progress = this.add("progress", "");
      this.progress.max = 100;
      this.progress.value = 0;
      this.progress.setAttribute("aria-label", file.name);
      this.state.textContent = say.waiting;
      uploader.list.append(this.row);
    }

    add(tag, className) {
      const element = document.createElement(tag);
      element.className = className;
      this.row.append(element);
      return element;
    }

    send(onEnd) {
      this.row.classList.remove("is-failed");
      this.actions.replaceChildren();
      this.progress.hidden = false;
      const data = new FormData();
      this.uploader.form.querySelectorAll("input[type=hidden]").forEach((input) => {
        data.append(input.name, input.value);
      });
      data.append("file", this.file, this.file.name);
      const request = new XMLHttpRequest();
      request.open("POST", this.uploader.form.dataset.uploadUrl);
      request.setRequestHeader("X-Upload", "1");
      request.setRequestHeader("Accept", "text/html, application/json");
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        const percent = Math.round((event.loaded / event.total) * 100);
        this.progress.value = percent;
        this.state.textContent = percent < 100 ? say.sending(percent) : say.checking;
      });
      request.addEventListener("loadend", () => {
        this.onAnswer(request);
        onEnd();
      });
      request.send(data);
    }

    onAnswer(request) {
      if (request.status === 201) {
        this.onDone(request.responseText);
      } else if ([200, 401, 403].includes(request.status)) {
        this.onFailed(say.signedOut, true); // a redirect to the sign-in page ends in 200
      } else if (request.status >= 400 && request.status < 500) {
        this.onFailed(this.errorOf(request), false);
      } else {
        this.onFailed(say.failed, true);
      }
    }

    errorOf(request) {
      try {
        return JSON.parse(request.responseText).error || say.failed;
      } catch {
        return say.failed;
      }
    }

    onDone(html) {
      const holder = document.createElement("template");
      holder.innerHTML = html.trim();
      const row = holder.content.firstElementChild;
      this.row.replaceWith(row);
      window.htmx?.process(row);
      this.uploader.announce(say.done(this.file.name));
    }

    onFailed(text, canRetry) {
      this.row.classList.add("is-failed");
      this.progress.hidden = true;
      this.state.textContent = text;
      if (canRetry) this.addAction(say.retry, () => this.uploader.enqueue(this));
      this.addAction(say.remove, () => this.row.remove());
      this.uploader.announce(`${this.file.name}: ${text}`);
    }

    addAction(label, onClick) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button--secondary button--small";
      button.textContent = label;
      button.addEventListener("click", onClick);
      this.actions.append(button);
    }
  }

  class Uploader {
    constructor(form) {
      this.form = form;
      this.list = document.getElementById(form.dataset.uploadList);
      this.status = form.parentElement.querySelector("[data-upload-status]");
      this.queue = [];
      this.running = 0;
      this.input = form.querySelector("input[type=file]");
      this.input.addEventListener("change", () => {
        this.take(this.input.files);
        this.input.value = "";
      });
      form.querySelector("[data-upload-submit]")?.setAttribute("hidden", "");
      const drop = form.querySelector("[data-upload-drop]");
      for (const kind of ["dragover", "dragleave", "drop"]) {
        drop?.addEventListener(kind, (event) => {
          event.preventDefault();
          drop.classList.toggle("is-over", kind === "dragover");
          if (kind === "drop") this.take(event.dataTransfer.files);
        });
      }
      window.addEventListener("beforeunload", (event) => {
        if (this.running) event.preventDefault();
      });
    }

    take(files) {
      for (const file of files) this.enqueue(new Upload(this, file));
    }

    enqueue(upload) {
      this.queue.push(upload);
      this.next();
    }

    next() {
      while (this.running < AT_ONCE && this.queue.length) {
        this.running += 1;
        this.queue.shift().send(() => {
          this.running -= 1;
          this.next();
        });
      }
    }

    announce(text) {
      if (this.status) this.status.textContent = text;
    }
  }

  const start = (root) => {
    root.querySelectorAll("form[data-upload-url]:not([data-upload-ready])").forEach((form) => {
      form.dataset.uploadReady = "1";
      new Uploader(form);
    });
  };
  start(document);
  document.addEventListener("htmx:load", (event) => start(event.detail.elt));
})();
