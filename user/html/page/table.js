// SPDX-License-Identifier: GPL-2.0-or-later
/* Elements, tables and their text as CSV. Text is never parsed as markup. */
function el(tag, attributes, ...children) {
	const node = document.createElement(tag);
	for (const key in attributes || {}) {
		if (key.startsWith("on"))
			node.addEventListener(key.slice(2), attributes[key]);
		else if (attributes[key] !== null && attributes[key] !== undefined)
			node.setAttribute(key, attributes[key]);
	}
	for (const child of children.flat())
		if (child !== null && child !== undefined && child !== "")
			node.append(child);
	return node;
}

function announce(text) {
	document.getElementById("live").textContent = text;
}

/* A text that a spreadsheet would take for a formula gets an apostrophe in front. */
function csvCell(value) {
	if (value === null || value === undefined)
		return "";
	if (typeof value === "number")
		return String(value);
	let text = visible(value);
	if (/^[=+\-@]/.test(text))
		text = "'" + text;
	return /[",\n]/.test(text) ? "\"" + text.replace(/"/g, "\"\"") + "\"" : text;
}

function tableCsv(spec) {
	const lines = [spec.head].concat(spec.rows().map((row) => row.map((c) => c && c.raw !== undefined ?
		c.raw : c && c.text !== undefined ? c.text : c)));
	return lines.map((line) => line.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

function copyText(text, button) {
	const done = function (how) {
		const before = button.textContent;
		button.textContent = how;
		announce(how);
		setTimeout(() => { button.textContent = before; }, 1500);
	};
	const byHand = function () {
		const area = el("textarea", {class: "unseen", "aria-hidden": "true"});
		area.value = text;
		document.body.append(area);
		area.select();
		done(document.execCommand("copy") ? "Copied" : "The browser does not allow it");
		area.remove();
		button.focus();
	};
	if (navigator.clipboard)
		navigator.clipboard.writeText(text).then(() => done("Copied"), byHand);
	else
		byHand();
}

/* A cell: a text, or {text, raw: the exact number, path: where it stands in the file, bar: 0 … 1}. */
function cellNode(cell, first) {
	if (first && !(cell && cell.plain))
		return el("th", {scope: "row", class: cell && cell.class}, cell && cell.node ? cell.node() :
			cell && cell.text !== undefined ? cell.text : cell);
	if (cell === null || cell === undefined || typeof cell !== "object")
		return el("td", {}, cell);
	const node = el("td", {class: (cell.class || "") + (cell.raw !== undefined ? " n" : ""),
		"data-v": cell.raw, "data-path": cell.path, title: cell.title},
		el("span", {}, cell.text));
	if (cell.bar !== undefined) {
		const bar = el("span", {class: "cellbar " + (cell.color || "")});
		node.classList.add("barred");
		bar.style.width = (100 * Math.max(0, Math.min(1, cell.bar))).toFixed(2) + "%";
		node.append(el("span", {class: "track", "aria-hidden": "true"}, bar));
	}
	return node;
}

/* spec: {caption, head: […], rows: function that returns arrays of cells, numbers: first such column} */
function tableNode(spec) {
	const head = el("tr", {}, spec.head.map((h, i) => el("th",
		{scope: "col", class: i >= (spec.numbers === undefined ? 1 : spec.numbers) ? "n" : null}, h)));
	const body = el("tbody");
	for (const row of spec.rows()) {
		if (row.group)
			body.append(el("tr", {class: "group"}, el("th", {colspan: spec.head.length, scope: "rowgroup"},
				row.group)));
		body.append(el("tr", {class: row.strong ? "strong" : null}, row.map((c, i) => cellNode(c, i === 0))));
	}
	const table = el("table", {class: spec.class}, el("caption", {class: spec.hideCaption ? "unseen" : null}, spec.caption),
		el("thead", {}, head), body);
	return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Table: " + spec.caption}, table);
}

function copyButton(spec) {
	const button = el("button", {type: "button", class: "copy", "aria-label": "Copy as CSV: " + spec.caption},
		"Copy as CSV");
	button.addEventListener("click", () => copyText(tableCsv(spec), button));
	return button;
}

function openTable(spec) {
	return el("div", {class: "table"}, tableNode(spec), copyButton(spec));
}

/* Behind a line to open; the rows of a long one are built only then. */
function closedTable(spec) {
	const details = el("details", {class: "data"}, el("summary", {}, "Table: " + spec.caption));
	const build = function () {
		if (details.childElementCount === 1)
			details.append(tableNode(Object.assign({hideCaption: true}, spec)), copyButton(spec));
	};
	if (!spec.long)
		build();
	details.addEventListener("toggle", build);
	return details;
}

function num(value, unit, more) {
	if (value === null || value === undefined)
		return Object.assign({text: value === null ? UNKNOWN : NONE, class: "none",
			title: value === null ? "not measured" : "does not exist here"}, more, {bar: undefined,
			path: undefined});
	return Object.assign({text: FORMAT[unit](value), raw: value, title: String(value) +
		(unit === "ns" ? " ns" : unit === "bytes" ? " bytes" : "")}, more);
}
