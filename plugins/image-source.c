/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/url-typed.h"
#include "config.h"
#include "control.h"
#include "engine/cache.h"
#include "image-source.h"

/* Load a module and return its source_open; NULL with *why. */
static source_open *
load_module(struct fault *why)
{
	/* The module stays loaded, because a thread may be stuck in it at the
	 * end. */
	void *handle =
	    dlopen(settings.module, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	source_open *open_it = NULL;

	if (handle != NULL)
		*(void **)&open_it = dlsym(handle, SOURCE_MODULE_SYMBOL);
	if (open_it == NULL) {
		why->kind = FAULT_REQUEST;
		why->status = EX_UNAVAILABLE;
		why->cause = CAUSE_USUAL;
		snprintf(why->text, sizeof(why->text), "%s", dlerror());
	}
	return open_it;
}

struct source_config
open_config(void)
{
	const struct settings *s = &settings;

	return (struct source_config){.url = s->url,
	    .user = s->user,
	    .password = s->password,
	    .domain = s->domain,
	    .netrc = s->netrc,
	    .headers = s->header.pem,
	    .cacert = s->cacert,
	    .cert = s->cert,
	    .key = s->key,
	    .proxy = s->proxy,
	    .noproxy = s->noproxy,
	    .allow_hosts = s->allow_hosts,
	    .insecure = s->insecure != 0,
	    .writable = s->writable != 0 && s->overlay_fd == -1,
	    .connections = (unsigned)s->connections,
	    /* A restarted nbdkit must report a failure soon: clients wait for
	     * it. */
	    .patience = s->identity.pem != NULL ? 1 : (unsigned)s->timeout,
	    .waits = control_waits,
	    .fd = s->file_fd,
	    .size = s->size};
}

struct source *
open_source_of(const struct source_config *config, void *first, size_t *got,
    struct fault *why)
{
	source_open *open_it = http_open;

	/*
	 * There is at most one module: for the kind of the image's URL, or for
	 * the file with the decompressed or downloaded image.
	 */
	if ((url_kind(config->url) != URL_HTTP || settings.spooled) &&
	    settings.module != NULL &&
	    url_kind(config->url) == url_kind(settings.url))
		open_it = load_module(why);
	if (open_it == NULL)
		return NULL;
	return open_it(config, first, CHUNK_SIZE, got, why);
}

char *
describe_source(const struct source_info *info, const char *extra)
{
	const char *weak = info->validator_is_weak ? "weak " : "";
	const char *validator = info->validator;
	char *text;

	/* Our own writes change the file's time. */
	if (settings.writable != 0 && settings.overlay_fd == -1) {
		weak = "weak ";
		validator = "(written to)";
	}
	if (asprintf(&text, "url: %s\nsize: %" PRIu64 "%s\nvalidator: %s%s",
		info->url, info->size, extra, weak, validator) == -1)
		return NULL;
	return text;
}
