#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One vocabulary for window, terminal and logs: the codes that programs use, in sentences for
 * people. */
const char *udpnat_words_explain_reason (const char *reason);
const char *udpnat_words_explain_code   (const char *code);

G_END_DECLS
