// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/screen.h"

#define NCURSES_WIDECHAR 1
#include <errno.h>
#include <langinfo.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/array.h"
#include "top/keys.h"

#define ESCAPE_MS 25

struct screen {
	SCREEN *term;
	bool colour;
	chtype style[TOP_STYLES];
};

/* ---- colours ---- */

/*
 * Colours that are distinguished with any kind of colour blindness (after Okabe and Ito), as close
 * as a terminal of 256 colours has them, and the nearest of 8. Lightness differs, too.
 */
static const struct {
	short many, few;
} mode_colour[TOP_MODES] = {
	[0] = {25, COLOR_BLUE},     /* guest: blue */
	[1] = {36, COLOR_GREEN},    /* user: bluish green */
	[2] = {214, COLOR_YELLOW},  /* kernel: orange */
	[3] = {175, COLOR_MAGENTA}, /* poll: reddish purple */
	[4] = {74, COLOR_CYAN},     /* softirq: sky blue */
	[5] = {166, COLOR_RED},     /* hardirq: vermilion */
	[6] = {36, COLOR_GREEN},    /* user + kernel */
};

static chtype pair(short number, short colour)
{
	init_pair(number, colour, -1);
	return COLOR_PAIR(number);
}

static void choose_styles(struct screen *screen)
{
	const char *no_color = getenv("NO_COLOR");
	chtype *style = screen->style;

	style[TOP_DIM] = A_DIM;
	style[TOP_STRONG] = style[TOP_WARN] = style[TOP_KEY] = A_BOLD;
	style[TOP_ALARM] = A_BOLD | A_REVERSE;
	style[TOP_TITLE] = A_UNDERLINE;
	style[TOP_TITLE_SORT] = A_REVERSE | A_BOLD;
	screen->colour = has_colors() && !(no_color && *no_color) && start_color() == OK &&
			 use_default_colors() == OK;
	if (!screen->colour)
		return;
	for (short m = 0; m < TOP_MODES; m++)
		style[TOP_MODE + m] = pair((short)(m + 1), COLORS >= 256 ? mode_colour[m].many
									 : mode_colour[m].few);
	style[TOP_WARN] = A_BOLD | pair(8, COLORS >= 256 ? 214 : COLOR_YELLOW);
	style[TOP_ALARM] = A_BOLD | pair(9, COLORS >= 256 ? 203 : COLOR_RED);
	style[TOP_KEY] = A_BOLD | pair(10, COLORS >= 256 ? 117 : COLOR_CYAN);
}

/* ---- opening and closing ---- */

static void set_modes(void)
{
	cbreak(); /* Ctrl-C stays a signal */
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	leaveok(stdscr, TRUE);
	curs_set(0);
	set_escdelay(ESCAPE_MS);
	mouseinterval(0);
	mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
}

int screen__open(struct screen **ret, struct verr *ret_err)
{
	const char *name = getenv("TERM");
	struct screen *screen;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return verr_set(ret_err, -ENOTTY,
				"top: standard input and output are no terminal "
				"(-b prints tables without one)");
	screen = calloc(1, sizeof(*screen));
	if (!screen)
		return verr_set(ret_err, -ENOMEM, "top: out of memory");
	screen->term = name && *name ? newterm(name, stdout, stdin) : NULL;
	if (!screen->term) {
		free(screen);
		return verr_set(ret_err, -ENODEV,
				"top: unknown terminal '%s' (set TERM, or use -b)",
				name ? name : "");
	}
	set_modes();
	choose_styles(screen);
	*ret = screen;
	return 0;
}

void screen__close(struct screen *screen)
{
	if (!screen)
		return;
	mousemask(0, NULL);
	endwin();
	delscreen(screen->term);
	free(screen);
}

int screen__fit(struct screen *screen, struct top_canvas *canvas)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col && size.ws_row)
		resizeterm(size.ws_row, size.ws_col);
	canvas->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	canvas->colour = screen->colour;
	return top_canvas__resize(canvas, (unsigned int)COLS, (unsigned int)LINES);
}

/* ---- drawing ---- */

/* In a selected line bars keep their colours: they would be unreadable reversed. */
static chtype style_of(const struct screen *screen, enum top_style style, bool selected)
{
	if (!selected || (screen->colour && style >= TOP_MODE))
		return screen->style[style];
	return (screen->style[style] & ~A_DIM) | A_REVERSE;
}

static void draw_line(const struct screen *screen, const struct top_canvas *canvas, unsigned int y)
{
	const struct top_cell *cell = &canvas->cell[y * canvas->width];
	char text[512];
	size_t n = 0;

	move((int)y, 0);
	for (unsigned int x = 0; x < canvas->width; x++) {
		n = (size_t)(stpcpy(text + n, cell[x].text) - text);
		if (x + 1 < canvas->width && cell[x + 1].style == cell[x].style &&
		    n + sizeof(cell->text) < sizeof(text))
			continue;
		attrset(style_of(screen, (enum top_style)cell[x].style,
				 canvas->selected == (int)y));
		addstr(text);
		n = 0;
	}
}

void screen__draw(struct screen *screen, const struct top_canvas *canvas)
{
	for (unsigned int y = 0; y < canvas->height; y++)
		draw_line(screen, canvas, y);
	attrset(A_NORMAL);
	refresh();
}

void screen__repaint(struct screen *screen)
{
	clearok(stdscr, TRUE);
}

/* ---- input ---- */

static const struct {
	int code;
	uint32_t key;
} known[] = {
	{KEY_UP, TOP_KEY_UP},         {KEY_DOWN, TOP_KEY_DOWN},
	{KEY_LEFT, TOP_KEY_LEFT},     {KEY_RIGHT, TOP_KEY_RIGHT},
	{KEY_PPAGE, TOP_KEY_PAGE_UP}, {KEY_NPAGE, TOP_KEY_PAGE_DOWN},
	{KEY_HOME, TOP_KEY_HOME},     {KEY_END, TOP_KEY_END},
	{KEY_ENTER, TOP_KEY_ENTER},   {KEY_BACKSPACE, TOP_KEY_ERASE},
	{KEY_DC, TOP_KEY_ERASE},
};

static uint32_t key_of(int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].code == code)
			return known[i].key;
	return 0;
}

static uint32_t character(wint_t c)
{
	switch (c) {
	case '\r':
	case '\n':
		return TOP_KEY_ENTER;
	case 27:
		return TOP_KEY_ESCAPE;
	case 8:
	case 127:
		return TOP_KEY_ERASE;
	default:
		return (uint32_t)c;
	}
}

static void take_mouse(struct screen_input *ret)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return;
	ret->x = (unsigned int)event.x;
	ret->y = (unsigned int)event.y;
	ret->wheel = event.bstate & BUTTON4_PRESSED ? -1 : event.bstate & BUTTON5_PRESSED ? 1 : 0;
	ret->mouse = ret->wheel || event.bstate & BUTTON1_PRESSED;
}

bool screen__input(struct screen *screen, struct screen_input *ret)
{
	wint_t c = 0;
	int kind = get_wch(&c);

	*ret = (struct screen_input){};
	if (kind == ERR)
		return false;
	if (kind == KEY_CODE_YES && c == KEY_MOUSE)
		take_mouse(ret);
	else
		ret->key = kind == KEY_CODE_YES ? key_of((int)c) : character(c);
	return true;
}
