// Tables that sort and filter. Without this script every row is there, in the order of the report.
(() => {
  "use strict";
  const PAGE = 50;
  const OPERATOR = /^(.+?)(<=|>=|<|>)(-?[\d.]+)$/;

  const number = (text) => {
    const found = text.replace(/\u2212/g, "-").match(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/i);
    return found ? Number(found[0]) : NaN;
  };

  function element(name, attributes, text) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function setUp(section) {
    const table = section.querySelector("table");
    if (!table) return;
    const heads = [...table.tHead.rows[0].cells];
    const names = heads.map((head) => head.textContent.toLowerCase());
    const total = Number(section.dataset.rows);
    let rows = null;
    let limit = PAGE;
    let order = { column: -1, down: false };
    let words = [];

    // Rows are read when they are first needed, those beyond the first page or in a fold even made then: a long report opens at once.
    function read() {
      if (rows) return;
      const rest = document.createElement("template");
      rest.innerHTML = section.querySelector("noscript.rest")?.textContent ?? "";
      rows = [...table.tBodies[0].rows, ...rest.content.querySelectorAll("tbody tr")].map((row) => {
        const cells = [...row.cells].map((cell) => cell.textContent);
        return { row, cells, text: cells.join(" ").toLowerCase() };
      });
    }

    const test = (word) => {
      const found = word.match(OPERATOR);
      const exact = found ? names.indexOf(found[1]) : -1;
      const column = exact >= 0 || !found ? exact : names.findIndex((name) => name.replace(/ /g, "") === found[1]);
      if (column < 0) return (it) => it.text.includes(word);
      const limit = Number(found[3]);
      return (it) => {
        const value = number(it.cells[column]);
        return { "<": value < limit, ">": value > limit, "<=": value <= limit, ">=": value >= limit }[found[2]];
      };
    };

    function show() {
      read();
      const tests = words.map(test);
      const kept = rows.filter((it) => tests.every((passes) => passes(it)));
      if (order.column >= 0) {
        const numeric = heads[order.column].classList.contains("n");
        const sign = order.down ? -1 : 1;
        const key = (it) => (numeric ? number(it.cells[order.column]) : it.cells[order.column]);
        const keyed = kept.map((it) => ({ it, key: key(it) }));
        // What is missing comes last, whichever way the column is sorted.
        const none = (value) => value === "-" || value === "" || Number.isNaN(value);
        keyed.sort((a, b) => none(a.key) - none(b.key) ||
          (none(a.key) ? 0 : sign * (numeric ? a.key - b.key : a.key.localeCompare(b.key, "en", { numeric: true }))));
        kept.splice(0, kept.length, ...keyed.map((pair) => pair.it));
      }
      table.tBodies[0].replaceChildren(...kept.slice(0, limit).map((it) => it.row));
      status.textContent = kept.length === total ? `${total} rows` : `${kept.length} of ${total} rows`;
      more.hidden = kept.length <= limit;
      more.textContent = `Show ${Math.min(3 * limit, kept.length - limit)} more of ${kept.length}`;
    }

    section.querySelector("details")?.addEventListener("toggle", show, { once: true });

    heads.forEach((head, column) => {
      const button = element("button", { type: "button", class: "sort" }, head.textContent);
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const again = order.column === column;
        // Numbers start with the highest, names with the first.
        order = { column, down: again ? !order.down : head.classList.contains("n") };
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
        show();
      });
    });

    const bar = element("div", { class: "bar live" });
    const status = element("output", { "aria-live": "polite" }, `${total} rows`);
    const more = element("button", { type: "button", class: "show-more live" });
    more.hidden = total <= PAGE;
    more.textContent = `Show ${Math.min(3 * PAGE, total - PAGE)} more of ${total}`;
    more.addEventListener("click", () => { limit *= 4; show(); });
    if (total > 6) {
      const scored = names.findIndex((name) => name === "dice");
      const hint = scored >= 0 ? "Filter: words, or dice<0.8" : "Filter";
      const input = element("input", { type: "search", placeholder: hint, "aria-label": `Filter ${section.dataset.name}`, autocomplete: "off", spellcheck: "false" });
      input.addEventListener("input", () => {
        words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
        limit = PAGE;
        show();
      });
      bar.append(input, status);
      section.querySelector(".scroll").before(bar);
    }
    section.querySelector(".scroll").after(more);
  }

  document.querySelectorAll(".table").forEach(setUp);
})();
