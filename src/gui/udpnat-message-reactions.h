#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The signs that were put on a message, each a button for the same, or for taking ours back. */
void udpnat_message_reactions_show (GtkBox     *box,
                                    gint64      number,
                                    const char *ours,
                                    const char *theirs);

G_END_DECLS
