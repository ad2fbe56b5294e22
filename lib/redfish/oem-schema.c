/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stddef.h>

#include "redfish/oem-schema.h"

#define DMTF "http://redfish.dmtf.org/schemas/v1/"

/* A schema with one complex type, called VirtualMedia. */
#define SCHEMA(name, properties)                                             \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                       \
	"<edmx:Edmx xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"" \
	" Version=\"4.0\">\n"                                                \
	"<edmx:Reference Uri=\"" DMTF "Resource_v1.xml\">"                   \
	"<edmx:Include Namespace=\"Resource\"/>"                             \
	"<edmx:Include Namespace=\"Resource.v1_0_0\"/></edmx:Reference>\n"   \
	"<edmx:DataServices>\n"                                              \
	"<Schema xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" "         \
	"Namespace=\"" name "\">"                                            \
	"<ComplexType Name=\"VirtualMedia\" Abstract=\"true\" "              \
	"BaseType=\"Resource.OemObject\"/></Schema>\n"                       \
	"<Schema xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" "         \
	"Namespace=\"" name ".v1_0_0\">\n"                                   \
	"<ComplexType Name=\"VirtualMedia\" BaseType=\"" name                \
	".VirtualMedia\">\n" properties                                      \
	"</ComplexType>\n</Schema>\n</edmx:DataServices>\n</edmx:Edmx>\n"

#define PROPERTY(name, type) \
	"<Property Name=\"" name "\" Type=\"Edm." type "\"/>\n"

const struct oem_schema oem_schemas[] = {
    {"OpenBMCVirtualMedia", "OpenBMCVirtualMedia_v1.xml",
	SCHEMA("OpenBMCVirtualMedia", PROPERTY("WebSocketEndpoint", "String"))},
    {"VmediaVirtualMedia", "VmediaVirtualMedia_v1.xml",
	/* clang-format off */
	SCHEMA("VmediaVirtualMedia",
	    PROPERTY("State", "String")
	    PROPERTY("Reason", "String")
	    PROPERTY("Step", "String")
	    PROPERTY("Note", "String")
	    PROPERTY("Drive", "String")
	    PROPERTY("Label", "String")
	    PROPERTY("Boot", "String")
	    PROPERTY("HostState", "String")
	    PROPERTY("Client", "String")
	    PROPERTY("Writable", "Boolean")
	    PROPERTY("SizeBytes", "Int64")
	    PROPERTY("BytesRead", "Int64")
	    PROPERTY("BytesFetched", "Int64")
	    PROPERTY("BytesWritten", "Int64")
	    PROPERTY("ReadBytesPerSecond", "Int64")
	    PROPERTY("InsertedTime", "DateTimeOffset")
	    PROPERTY("ExpiresTime", "DateTimeOffset")
	    PROPERTY("Map", "String"))},
    /* clang-format on */
    {NULL, NULL, NULL},
};
