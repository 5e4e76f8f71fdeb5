// SPDX-License-Identifier: GPL-2.0-or-later
/* Builds the page from its data: a run or a comparison. */
const data = JSON.parse(document.getElementById("data").textContent);

function runSections(state, change) {
	const run = data.run, targets = state.shown.slice().sort((a, b) => a - b).map((i) => run.targets[i]);
	const whole = targets.filter((t) => !t.brief), each = whole.length ? [latencySection(whole), exitSection(whole),
		totalsSection(whole), memorySection(whole), ioSection(whole)] : [];
	return [likeSection(data), overviewSection(run, state, change)].concat(targets.length ? [requestSection(run, targets),
		profileSection(data, targets), stageSection(run, targets), timeSection(data, targets)] : [], each,
	[booksSection(run), notesSection(run)]);
}

function comparisonSections() {
	const c = data.comparison;
	return [likeComparison(c), costSection(c), diffSection(data), forestSection(c, data.dots), linesSection(c), groupsSection(c)];
}

/* Of a run with very many targets, most are brief, and stages are: what can be computed is left out. */
function completeBrief(run) {
	const each = (modes, count) => Object.fromEntries(Object.entries(modes).map(([mode, ns]) => [mode, ns / count]));
	const complete = function (t) {
		const count = follow(t, "requests.count");
		if (t && t.brief)
			t.per_request = count > 0 ? {cpu_ns: t.cpu.total_ns / count, cpu: Object.fromEntries(Object.entries(t.cpu.roles)
				.map(([role, modes]) => [role, each(modes, count)]))} : null;
	};

	if (!data.targets)
		return;
	run.targets = data.targets;
	run.stages = data.stages;
	run.targets.concat(...run.stages.map((s) => s.targets)).forEach(complete);
}

function fillHead() {
	const run = data.run, facts = document.getElementById("facts"), c = data.comparison;
	const warnings = run ? [] : c.warnings.map((w) => visible(w));
	const what = run ? "report" : "comparison by " + c.by;
	document.getElementById("what").textContent = what;
	document.getElementById("warnings").replaceChildren(...warnings.map((w) => el("p", {class: "warning"},
		el("span", {"aria-hidden": "true"}, "⚠ "), w)));
	if (run)
		facts.textContent = [run.label && visible(run.label), run.window.start.slice(0, 19).replace("T", " ") + " UTC",
			fmtSeconds(Math.round(run.window.wall_ns / 1e7) / 100), run.window.cpus + " CPUs", visible(run.host.hostname || ""),
			"Linux " + visible(run.host.kernel || ""), visible(run.host.cpu_model || ""), run.host.hypervisor &&
			"running under " + visible(run.host.hypervisor)].filter((f) => f).join(" · ");
	else
		facts.textContent = c.groups.map((g) => visible(g.name) + ": " + g.runs + (g.runs === 1 ? " run" : " runs") +
			(g.name === c.base ? ", base" : "")).join(" · ");
	document.getElementById("made").textContent = "Made by virtax" + (run && run.virtax ? " " +
		visible(run.virtax.version || "") : "") + ". This file needs no network and contains its data.";
}

function setTheme(theme) {
	if (theme)
		document.documentElement.setAttribute("data-theme", theme);
	else
		document.documentElement.removeAttribute("data-theme");
}

function start() {
	const main = document.getElementById("main"), nav = document.getElementById("nav");
	const state = {shown: []};
	const render = function () {
		charts.length = 0;
		const sections = (data.run ? runSections(state, render) : comparisonSections()).filter((s) => s);
		const find = main.querySelector("#targets"), keep = find && find.querySelector("#find");
		if (keep) /* the choice itself stays as it is */
			main.replaceChildren(...sections.map((s) => s.id === "targets" ? find : s));
		else
			main.replaceChildren(...sections);
		nav.replaceChildren(...sections.map((s) => el("a", {href: "#" + s.id}, s.querySelector("h2").textContent)));
		redrawAll();
	};

	if (data.run) {
		completeBrief(data.run);
		data.run.targets.forEach((t, i) => { t.index = i; });
		state.shown = byCpu(data.run.targets).slice(0, SHOWN_AT_FIRST).map((t) => t.index);
		document.documentElement.setAttribute("data-kind", "run");
	}
	fillHead();
	render();
	document.getElementById("theme").addEventListener("change", (event) => setTheme(event.target.value));
	let timer = 0;
	window.addEventListener("resize", function () {
		clearTimeout(timer);
		timer = setTimeout(redrawAll, 80);
	});
	window.addEventListener("beforeprint", () => redrawAll(true));
	window.addEventListener("scroll", hideTip, {passive: true});
	document.documentElement.setAttribute("data-ready", "yes");
}

start();
