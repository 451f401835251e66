// The page works without this. It only opens folded tables for printing and for links that point into them.
(function () {
  var opened = [];
  addEventListener("beforeprint", function () {
    opened = Array.prototype.slice.call(document.querySelectorAll("main details:not([open])"));
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
  if (sort) sort.addEventListener("change", function () { sort.form.submit(); });
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
      });
    }, { rootMargin: "-10% 0px -75% 0px" });
    document.querySelectorAll("main > section").forEach(function (section) { observer.observe(section); });
  }
})();
