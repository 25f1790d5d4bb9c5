#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How a text is to be shown. */

/* More emoji than these are a text like any other. */
#define UDPNAT_MESSAGE_TEXT_EMOJI_MAX 6

guint    udpnat_message_text_count_emoji   (const char *text);
char    *udpnat_message_text_shorten       (const char *text) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_message_text_has_long_word (const char *text);
guint    udpnat_message_text_get_least_width (const char *text,
                                              guint       max_columns);

G_END_DECLS
