// SPDX-License-Identifier: GPL-2.0-or-later
#include "html/flames.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define SMALLER "[smaller stacks]"

struct flames {
	const struct comparison *c;
	const struct run_profile *tree;
	double *most;   /* by frame: with what it calls, on the side where that is most */
	uint64_t *kept; /* by frame: 1 + index in the page; 0: left out */
	uint64_t *name; /* likewise by string */
	size_t n_kept, n_names;
};

static bool is_outermost(const struct flames *f, size_t i)
{
	return f->tree->frame[i].up == RUN_UNKNOWN;
}

/* Callers come first, so what is called is added up from the end. sum: of n_frames, zeroed. */
static void add_side(struct flames *f, const double *self, double *sum)
{
	for (size_t i = f->tree->n_frames; i-- > 0;) {
		sum[i] += self[i];
		if (!is_outermost(f, i))
			sum[f->tree->frame[i].up] += sum[i];
		f->most[i] = fmax(f->most[i], sum[i]);
		sum[i] = 0;
	}
}

static int descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* A caller has at least the time of what it calls: it is kept, too. work: of n_frames. */
static void choose(struct flames *f, double *work)
{
	size_t n = f->tree->n_frames;
	double least = 0;

	for (size_t i = 0; i < n; i++)
		work[i] = f->most[i];
	qsort(work, n, sizeof(*work), descending);
	if (n > FLAMES_MAX_FRAMES)
		least = work[FLAMES_MAX_FRAMES];
	for (size_t i = 0; i < n; i++) {
		if (!(f->most[i] > least))
			continue;
		f->kept[i] = ++f->n_kept;
		f->name[f->tree->frame[i].name] = 1;
	}
	for (size_t i = 0; i < f->tree->n_strings; i++)
		if (f->name[i])
			f->name[i] = ++f->n_names;
}

static void put_tree(struct jsonw *w, const struct flames *f)
{
	const struct run_profile *tree = f->tree;

	jsonw__array(w, "names");
	for (size_t i = 0; i < tree->n_strings; i++)
		if (f->name[i])
			jsonw__string(w, NULL, tree->string[i]);
	jsonw__string(w, NULL, SMALLER);
	jsonw__end_array(w);
	jsonw__array(w, "frame_name");
	for (size_t i = 0; i < tree->n_frames; i++)
		if (f->kept[i])
			jsonw__u64(w, NULL, f->name[tree->frame[i].name] - 1);
	jsonw__u64(w, NULL, f->n_names);
	jsonw__end_array(w);
	jsonw__array(w, "frame_up");
	for (size_t i = 0; i < tree->n_frames; i++)
		if (f->kept[i])
			jsonw__u64(w, NULL,
				   is_outermost(f, i) ? RUN_UNKNOWN
						      : f->kept[tree->frame[i].up] - 1);
	jsonw__null(w, NULL);
	jsonw__end_array(w);
}

/* Tenths of a ns are enough. */
static void put_ns(struct jsonw *w, const struct flames *f, const char *key, const double *self)
{
	double rest = 0;

	jsonw__array(w, key);
	for (size_t i = 0; i < f->tree->n_frames; i++) {
		if (f->kept[i])
			jsonw__double(w, NULL, round(self[i] * 10) / 10);
		else
			rest += self[i];
	}
	jsonw__double(w, NULL, round(rest * 10) / 10);
	jsonw__end_array(w);
}

static void put_sides(struct jsonw *w, const struct flames *f)
{
	jsonw__array(w, "sides");
	for (size_t i = 0; i < f->c->n_flames; i++) {
		const struct compare_flame *flame = &f->c->flame[i];

		jsonw__object(w, NULL);
		jsonw__string(w, "target", flame->target);
		jsonw__string(w, "group", flame->group);
		put_ns(w, f, "base", flame->base_ns);
		put_ns(w, f, "ns", flame->ns);
		jsonw__end_object(w);
	}
	jsonw__end_array(w);
}

static void put_flames(struct jsonw *w, struct flames *f, double *work)
{
	for (size_t i = 0; i < f->c->n_flames; i++) {
		add_side(f, f->c->flame[i].base_ns, work);
		add_side(f, f->c->flame[i].ns, work);
	}
	choose(f, work);
	jsonw__object(w, "flames");
	put_tree(w, f);
	put_sides(w, f);
	jsonw__end_object(w);
}

int html_put_flames(struct jsonw *w, const struct comparison *comparison)
{
	struct flames f = {.c = comparison, .tree = comparison->tree};
	double *work;
	int err = 0;

	if (!comparison->n_flames) {
		jsonw__null(w, "flames");
		return 0;
	}
	f.most = calloc(f.tree->n_frames + 1, sizeof(*f.most));
	f.kept = calloc(f.tree->n_frames + 1, sizeof(*f.kept));
	f.name = calloc(f.tree->n_strings + 1, sizeof(*f.name));
	work = calloc(f.tree->n_frames + 1, sizeof(*work));
	if (f.most && f.kept && f.name && work)
		put_flames(w, &f, work);
	else
		err = -ENOMEM;
	free(f.most);
	free(f.kept);
	free(f.name);
	free(work);
	return err;
}
