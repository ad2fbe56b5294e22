/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * $metadata: which schemas the resources have (DSP0266 section 6, OData CSDL).
 * DMTF's schemas are referenced where DMTF publishes them.
 */
#include <stdio.h>
#include <string.h>

#include "redfish/answer.h"
#include "redfish/handlers.h"
#include "redfish/oem-schema.h"
#include "redfish/resource.h"

/* Schemas whose types are parts of resources, but not resources themselves. */
static const char *const parts[] = {
    "Resource.v1_21_0.Resource",
    "Message.v1_1_1.Message",
    "MessageRegistry.v1_6_3.MessageRegistry",
};

static const char head[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<edmx:Edmx xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\" "
    "Version=\"4.0\">\n";

static const char extensions[] =
    "<edmx:Reference Uri=\"" REDFISH_DMTF_SCHEMAS
    "RedfishExtensions_v1.xml\">\n"
    "<edmx:Include Namespace=\"RedfishExtensions.v1_0_0\" "
    "Alias=\"Redfish\"/>\n"
    "</edmx:Reference>\n";

static const char tail[] =
    "<edmx:DataServices>\n"
    "<Schema xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" "
    "Namespace=\"Service\">\n"
    "<EntityContainer Name=\"Service\" "
    "Extends=\"%.*s.ServiceContainer\"/>\n"
    "</Schema>\n"
    "</edmx:DataServices>\n"
    "</edmx:Edmx>\n";

/* A file has the namespace without a version, and all versions of it. */
static void
put_reference(FILE *out, const char *type)
{
	int len = (int)redfish_namespace(type), name = (int)strcspn(type, ".");

	fprintf(out,
	    "<edmx:Reference Uri=\"" REDFISH_DMTF_SCHEMAS "%.*s_v1.xml\">\n"
	    "<edmx:Include Namespace=\"%.*s\"/>\n",
	    name, type, name, type);
	if (len != name)
		fprintf(out, "<edmx:Include Namespace=\"%.*s\"/>\n", len, type);
	fprintf(out, "</edmx:Reference>\n");
}

/* Does an earlier row of the table have the type of this row? */
static bool
is_named(
    const struct redfish_resource *table, const struct redfish_resource *row)
{
	const struct redfish_resource *at;

	for (at = table; at < row; at++)
		if (at->type != NULL && strcmp(at->type, row->type) == 0)
			return true;
	return false;
}

static void
put_oem_references(FILE *out)
{
	const struct oem_schema *oem;

	for (oem = oem_schemas; oem->file != NULL; oem++)
		fprintf(out,
		    "<edmx:Reference Uri=\"/redfish/v1/schema/%s\">\n"
		    "<edmx:Include Namespace=\"%s\"/>\n"
		    "<edmx:Include Namespace=\"%s.v1_0_0\"/>\n"
		    "</edmx:Reference>\n",
		    oem->file, oem->name, oem->name);
}

void
get_metadata(struct redfish *r)
{
	const struct redfish_resource *at;
	size_t size, i;
	FILE *out = open_memstream(&r->xml, &size);

	if (out == NULL)
		return;
	r->status = 200;
	fputs(head, out);
	for (at = r->resources; at->pattern != NULL; at++)
		if (at->type != NULL && !is_named(r->resources, at))
			put_reference(out, at->type);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		put_reference(out, parts[i]);
	put_oem_references(out);
	fputs(extensions, out);
	fprintf(out, tail, (int)redfish_namespace(REDFISH_ROOT_TYPE),
	    REDFISH_ROOT_TYPE);
	if (fclose(out) == EOF)
		r->status = 500;
}

void
get_schema(struct redfish *r)
{
	const struct oem_schema *oem;

	for (oem = oem_schemas; oem->file != NULL; oem++)
		if (strcmp(oem->file, r->part[0]) == 0)
			r->xml = strdup(oem->text);
	if (r->xml != NULL)
		r->status = 200;
	else
		answer_missing(r);
}
