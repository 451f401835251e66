// The page works without this: it only saves clicks and typing, opens what was asked for in print, and follows the reader.
(function () {
  var opened = [];
  addEventListener("beforeprint", function () {
    opened = Array.prototype.slice.call(document.querySelectorAll(".unfolded .text details:not([open])"));
    opened.forEach(function (fold) { fold.open = true; });
  });
  addEventListener("afterprint", function () {
    opened.forEach(function (fold) { fold.open = false; });
  });
  var contents = document.querySelector(".contents details");
  var isNarrow = matchMedia("(max-width: 60rem)").matches;
  if (contents && isNarrow) contents.open = false;
  var filters = document.querySelector("main:not(.home) .filterfold");
  if (filters) filters.open = !isNarrow;
  var sort = document.getElementById("sort");
  if (sort) {
    sort.addEventListener("change", function () { sort.form.submit(); });
    sort.parentNode.querySelector("button").hidden = true;
  }
  // A tick asks at once, and the page that comes has the focus where it was.
  var ticked = "trialbook-ticked", column = document.querySelector("main:not(.home) .filters");
  if (column) {
    column.addEventListener("change", function (event) {
      if (event.target.type !== "checkbox") return;
      try { sessionStorage.setItem(ticked, event.target.name + "=" + event.target.value); } catch (error) { /* not kept */ }
      event.target.form.requestSubmit();
    });
    try {
      var last = sessionStorage.getItem(ticked);
      sessionStorage.removeItem(ticked);
      if (last) column.querySelectorAll("input[type=checkbox]").forEach(function (box) {
        if (box.name + "=" + box.value !== last) return;
        var fold = box.closest(".facet");
        if (fold) fold.open = true;
        if (!isNarrow) box.focus();
      });
    } catch (error) { /* not kept */ }
  }
  // Fields that are empty stay out of the address.
  document.querySelectorAll("form.ask, form.values").forEach(function (form) {
    form.addEventListener("submit", function () {
      form.querySelectorAll("input[name]").forEach(function (field) { if (field.name !== "q" && !field.value) field.disabled = true; });
      addEventListener("pageshow", function () {
        form.querySelectorAll("input[disabled]").forEach(function (field) { field.disabled = false; });
      });
    });
  });
  addEventListener("keydown", function (event) {
    var box = document.getElementById("q") || document.getElementById("quick-q");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !box) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
  // Words that records have, as one types them.
  document.querySelectorAll("input[data-dictionary]").forEach(function (field) {
    var timer = 0, asked = "";
    field.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(function () {
        var text = field.value.trim();
        if (text.length < 2 || text.length > 100 || /[\[\]"]/.test(text) || text === asked) return;
        asked = text;
        fetch("/api/int/suggest?dictionary=" + field.dataset.dictionary + "&input=" + encodeURIComponent(text)).then(function (answer) {
          return answer.ok ? answer.json() : [];
        }).then(function (words) {
          if (asked !== text) return;
          field.list.replaceChildren.apply(field.list, words.map(function (word) {
            var option = document.createElement("option");
            option.value = word;
            return option;
          }));
        }).catch(function () { /* it works without */ });
      }, 150);
    });
  });
  var nav = document.querySelector(".contents");
  function follow(link) {
    var box = nav.getBoundingClientRect(), own = link.getBoundingClientRect();
    if (own.top < box.top + 40) nav.scrollTop -= box.top + 40 - own.top;
    else if (own.bottom > box.bottom - 40) nav.scrollTop += own.bottom - box.bottom + 40;
  }
  var codes = document.getElementById("codes");
  if (codes) {
    try { codes.checked = localStorage.getItem("codes") === "1"; } catch (refused) { /* nothing is kept then */ }
    codes.addEventListener("change", function () {
      try { localStorage.setItem("codes", codes.checked ? "1" : "0"); } catch (refused) { /* nothing is kept then */ }
    });
  }
  function offerCopy(after, label, read) {
    if (!after || !navigator.clipboard) return;
    var button = document.createElement("button");
    button.type = "button";
    button.className = "quiet copy";
    button.textContent = label;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(read()).then(function () { button.textContent = "Copied"; });
    });
    after.appendChild(button);
  }
  var id = document.getElementById("study-id");
  var words = id && id.textContent;
  offerCopy(id, "Copy", function () { return words; });
  offerCopy(document.querySelector(".checklist .screen-only"), "Copy the list", function () {
    return Array.prototype.map.call(document.querySelectorAll(".checklist .criteria"), function (group) {
      var lines = Array.prototype.map.call(group.querySelectorAll("ol > li"), function (line) {
        var chosen = line.querySelector("input:checked");
        var answer = chosen ? "\t" + chosen.value : "";
        return line.querySelector(".mark").textContent + " " + line.querySelector("p").textContent.trim() + answer;
      });
      return [group.querySelector("h2").textContent].concat(lines).join("\n");
    }).join("\n\n");
  });
  var links = {};
  document.querySelectorAll(".contents a").forEach(function (link) { links[link.hash.slice(1)] = link; });
  if (contents && "IntersectionObserver" in window) {
    var current = null;
    var observer = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting || !links[entry.target.id]) return;
        if (current) current.removeAttribute("aria-current");
        current = links[entry.target.id];
        current.setAttribute("aria-current", "location");
        follow(current);
      });
    }, { rootMargin: "-10% 0px -75% 0px" });
    document.querySelectorAll(".text > section").forEach(function (section) { observer.observe(section); });
  }
})();
