#pragma once

#include <json-glib/json-glib.h>

#include "udpnat-cli-view.h"

G_BEGIN_DECLS

gboolean     udpnat_cli_view_is_lan_only (UdpnatCliView *self);

gboolean     udpnat_cli_view_note_transfer (UdpnatCliView  *self,
                                            UdpnatTransfer *transfer);

/* For the view's own files: a line, piece by piece. */
void         udpnat_cli_view_append_fact (GString       *line,
                                          const char    *fact);
void         udpnat_cli_view_append_rtt  (GString       *line,
                                          gint64         rtt_us);
void         udpnat_cli_view_show_field  (UdpnatCliView *self,
                                          const char    *label,
                                          const char    *format,
                                          ...) G_GNUC_PRINTF (3, 4);

/* For the view's own files: an event of JSON mode, member by member. */
JsonBuilder *udpnat_cli_view_begin       (const char    *event) G_GNUC_WARN_UNUSED_RESULT;
void         udpnat_cli_view_add_text    (JsonBuilder   *builder,
                                          const char    *member,
                                          const char    *value);
void         udpnat_cli_view_add_number  (JsonBuilder   *builder,
                                          const char    *member,
                                          gint64         value);
void         udpnat_cli_view_add_boolean (JsonBuilder   *builder,
                                          const char    *member,
                                          gboolean       value);
void         udpnat_cli_view_add_nat_facts
                                         (JsonBuilder          *builder,
                                          const UdpnatNatFacts *facts);
void         udpnat_cli_view_end         (UdpnatCliView *self,
                                          JsonBuilder   *builder);

G_END_DECLS
