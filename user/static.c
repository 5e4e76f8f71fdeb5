// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * static.c - linked into the static build only, in place of the functions that open libraries at
 * run time (the linker's --wrap). What needs one says so, as where the library is not installed.
 */
#include <stddef.h>

void *__wrap_dlopen(const char *file, int mode);
char *__wrap_dlerror(void);
void *__wrap_dlsym(void *handle, const char *name);
int __wrap_dlclose(void *handle);

void *__wrap_dlopen(const char *file, int mode)
{
	return NULL;
}

char *__wrap_dlerror(void)
{
	static char why[] = "this is the static build, which opens no libraries";

	return why;
}

void *__wrap_dlsym(void *handle, const char *name)
{
	return NULL;
}

int __wrap_dlclose(void *handle)
{
	return -1;
}
